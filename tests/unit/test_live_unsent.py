"""What a dead session's journal has told and its log lacks: found, each once, in its order."""

from __future__ import annotations

import pytest

from workbench.messages import Order, OrderData, decode, encode
from workbench.sessions import vouching
from workbench.sessions.journal import Journal
from workbench.sessions.unsent import Unsent
from workbench.sessions.vouching import Batch, Told

AT = "2024-01-01T00:00:00Z"


def order(number):
    data = OrderData(
        "live_1", "s", "A", f"signal_{number}", "new", "entry", "buy", "market", 1.0, None, 0.0,
        None, 0.0, AT, "binance",
    )  # fmt: skip
    return Order(AT, data=data)


# States between them are not kept in the journal: their numbers lack.
NUMBERS = (1, 2, 4, 7, 8)


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "live_1.db")
    for batch in (NUMBERS[:2], NUMBERS[2:]):
        made.append(b"")
        events = [Told(number, encode(order(number))) for number in batch]
        made.tell(vouching.encode(Batch(batch[-1], events)))
    yield made
    made.close()


def read(wires):
    """Return messages as they are read from a log, which has numbered them."""
    return [decode(wire[:-1] + b',"seq":%d,"eseq":%d}' % (at, at)) for at, wire in enumerate(wires)]


def left(journal, known, log):
    unsent = Unsent(journal, known)
    assert len(list(unsent.logged(read(log)))) == len(log)
    return [int(one.data.order_id.rpartition("_")[2]) for one in unsent.messages()]


def test_what_the_log_lacks_is_told(journal):
    assert left(journal, 2, [encode(order(n)) for n in (1, 2)]) == [4, 7, 8]
    assert left(journal, 8, [encode(order(n)) for n in NUMBERS]) == []


@pytest.mark.parametrize("done", range(4))
def test_a_try_that_died_is_gone_on_with(journal, done):
    # It has numbered what it sent itself, without the states.
    sent = (4, 7, 8)[:done]
    log = [encode(order(n)) for n in (1, 2, *sent)]
    assert left(journal, 2 + done, log) == [4, 7, 8][done:]
