"""Measurements with peers in the same run: ``python -m tests.benchmarks``. Never tests."""
