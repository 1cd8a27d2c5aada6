"""Each case of docs/fills.md."""

from __future__ import annotations

import pytest
from fill_cases import CASES, Case, play, told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    played = play(case)
    assert [told(one, case.shown) for one in played.happenings] == list(case.expect)
    if case.equity is not None:
        assert played.equity == pytest.approx(case.equity)


def test_names_are_their_own() -> None:
    assert len({case.file for case in CASES}) == len(CASES)
