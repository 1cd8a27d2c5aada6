"""Everything is cut, at every byte: no reader loses, doubles or reorders an event.

The same with 10,000 cuts is `python -m tests.benchmarks.faults`.
"""

from __future__ import annotations

import asyncio

import pytest
from faults import CLIENTS, IMPATIENT_CUTS, run_faults

DISCONNECTS = 2_000


@pytest.mark.timeout(600)
def test_readers_cut_at_any_byte_end_with_the_journal(new_server):
    report = asyncio.run(run_faults(new_server(), DISCONNECTS))
    assert report.cuts >= DISCONNECTS + IMPATIENT_CUTS
    assert report.publisher_cuts == 1
    assert report.kills == 2
    assert report.events >= 100_000
    assert len(report.readers) == CLIENTS
    for reader in report.readers:
        assert reader.faults == []
        assert reader.eseq == report.events
        assert reader.digest.hexdigest() == report.digest
        # Points are merged for who falls behind, and never told twice.
        assert 0 < reader.points <= report.points
