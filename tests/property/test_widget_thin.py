"""Thinning a curve keeps its shape, whatever the curve."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.widgets.columns import thin

curves = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=400)


@given(values=curves, most=st.integers(4, 100))
def test_thin_keeps_ends_and_extremes_within_its_limit(values: list[float], most: int) -> None:
    chosen = thin(values, most)
    kept = [values[i] for i in chosen]
    assert len(chosen) <= most or len(values) <= most
    assert chosen == sorted(set(chosen))
    assert (chosen[0], chosen[-1]) == (0, len(values) - 1)
    assert (min(kept), max(kept)) == (min(values), max(values))
