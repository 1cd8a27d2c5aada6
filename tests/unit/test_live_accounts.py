"""What the sessions of an account have come to."""

from __future__ import annotations

import pytest

from workbench.sessions import accounts
from workbench.sessions.accounts import Accounts, account_of
from workbench.trading.inputs import Others
from workbench.trading.spec import LiveSettings

PAPER = LiveSettings(symbols=["A"])


def sums(equity, at=1, **held):
    return Others(at, equity, sum(held.values()), -1.0, 2, 3, dict(held))


@pytest.fixture
def opened(tmp_path):
    books = []

    def make(session, settings=PAPER):
        books.append(Accounts(tmp_path, session, settings))
        return books[-1]

    yield make
    for book in books:
        book.close()


def test_each_session_sees_what_the_others_of_its_account_have_come_to(opened):
    one, two, three = opened("one"), opened("two"), opened("three")
    elsewhere = opened("four", LiveSettings(symbols=["A"], account="other"))
    assert one.others(5) is None
    for book, equity in ((two, 100.0), (three, 50.0), (elsewhere, 9.0)):
        book.write(sums(equity, A=10.0))
    found = one.others(6)
    assert found == Others(6, 150.0, 20.0, -2.0, 4, 6, {"A": 20.0})
    assert one.others(7) is None
    assert two.others(8) == Others(8, 50.0, 10.0, -1.0, 2, 3, {"A": 10.0})
    assert elsewhere.others(8) is None


def test_only_news_is_written_and_told(opened):
    one, two = opened("one"), opened("two")
    assert two.write(sums(100.0, at=1))
    assert not two.write(sums(100.0, at=2))
    assert one.others(3) is not None
    assert two.write(sums(100.0, B=1.0))
    assert two.write(sums(100.0))
    assert one.others(4) is None
    two.leave()
    assert one.others(5) == Others(5, 0.0, 0.0, 0.0, 0, 0, {})


def test_a_session_keeps_its_part_until_it_has_ended(opened, tmp_path):
    one = opened("one")
    two = Accounts(tmp_path, "two", PAPER)
    two.write(sums(100.0))
    two.close()
    assert one.others(1) is not None
    accounts.remove(tmp_path, "two")
    assert one.others(2) == Others(2, 0.0, 0.0, 0.0, 0, 0, {})


def test_paper_and_each_exchange_and_its_sandbox_are_accounts_of_their_own():
    names = {
        account_of(LiveSettings(symbols=["A"], **given))
        for given in (
            {}, {"account": "b"},
            {"broker": "exchange", "exchange": "x"},
            {"broker": "exchange", "exchange": "x", "sandbox": False},
            {"broker": "exchange", "exchange": "y"},
        )
    }  # fmt: skip
    assert len(names) == 5
