"""Everything is cut, at every byte: no reader loses, doubles or reorders an event.

The same with 10,000 cuts and three times the events is `python -m tests.benchmarks.faults`.
"""

from __future__ import annotations

import asyncio

import pytest
from faults import IMPATIENT_CUTS, run_faults

DISCONNECTS, CLIENTS = 600, 12


@pytest.mark.timeout(300)
def test_readers_cut_at_any_byte_end_with_the_journal(new_server):
    report = asyncio.run(
        run_faults(new_server(), DISCONNECTS, speed=8_000, clients=CLIENTS, years=1)
    )
    assert report.cuts >= DISCONNECTS + IMPATIENT_CUTS
    assert report.publisher_cuts == 1
    assert report.kills == 2
    assert report.events >= 30_000
    assert len(report.readers) == CLIENTS
    for reader in report.readers:
        assert reader.faults == []
        assert reader.eseq == report.events
        assert reader.digest.hexdigest() == report.digest
        # Points are merged for who falls behind, and never told twice.
        assert 0 < reader.points <= report.points
