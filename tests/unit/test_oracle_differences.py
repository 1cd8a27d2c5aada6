"""Each case of docs/fills_peers.md: what comes of it here, there, and by the convention."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from oracles import ours, theirs_backtesting
from oracles.apart import CALM, Apart, said
from oracles.apart_cases import CASES
from oracles.document import made
from oracles.recording import ENGINES, recorded_case

from workbench.engine.engine import BacktestEngine

PEERS = [(name, peer) for name, case in CASES.items() for peer in case.peers]


def run_ours(case: Apart, **settings: Any) -> Any:
    return ours.run(case.market, case.plan, case.costs, **{**case.settings, **settings})


def said_there(name: str, peer: str) -> tuple[str, ...]:
    if peer in ENGINES:
        return recorded_case(peer, name)
    case, run = CASES[name], import_module(f"oracles.theirs_{peer.removesuffix('.py')}").run
    return said(run(case.market, case.plan, case.costs, **case.options), case.money)


@pytest.mark.parametrize("name", CASES)
def test_here(name: str) -> None:
    assert said(run_ours(CASES[name]), CASES[name].money) == CASES[name].here


@pytest.mark.parametrize(("name", "peer"), PEERS)
def test_there(name: str, peer: str) -> None:
    assert said_there(name, peer) == CASES[name].there


@pytest.mark.parametrize(("name", "peer"), [one for one in PEERS if CASES[one[0]].switched])
def test_the_convention_says_the_same_as_the_peer(name: str, peer: str) -> None:
    case = CASES[name]
    assert said(run_ours(case, convention=peer), case.money) == case.there


@pytest.mark.parametrize(("name", "peer"), PEERS)
def test_every_case_is_one(name: str, peer: str) -> None:
    case = CASES[name]
    assert case.here != case.there
    if not case.switched:
        assert said(run_ours(case, convention=peer), case.money) != case.there


def test_the_document_is_current() -> None:
    text = (Path(__file__).parents[2] / "docs" / "fills_peers.md").read_text()
    assert made(text) == text, "write it anew: python -m tests.oracles --document"


def test_what_is_open_at_the_end() -> None:
    rows = (CALM, CALM, CALM, (102, 103, 101, 102.5))
    case = Apart("", "", (), rows, {1: 1}, (), ())
    theirs = theirs_backtesting.run(case.market, case.plan, finalize_trades=True)
    assert said(theirs) == ("long from 2 at 100 to 3 at 102",)
    engine = BacktestEngine(ours.strategy(case.plan), {"1H": case.market.candles})
    engine.advance(len(rows))
    (exit_fill,) = engine.finish()
    assert (exit_fill.bar, exit_fill.price, exit_fill.reason) == (3, 102.5, "end_of_data")


def test_whole_units() -> None:
    case = Apart("", "", (), (CALM,) * 3, {1: 1}, (), ())
    plan = replace(case.plan, units=1.5)
    (trade,) = ours.run(case.market, plan).trades
    assert trade.size == 1.5
    with pytest.raises(AssertionError, match="units"):
        theirs_backtesting.run(case.market, plan)
