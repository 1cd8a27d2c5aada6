"""Candlestick patterns."""

from __future__ import annotations

from workbench.analysis.patterns.detector import PatternDetector
from workbench.analysis.patterns.names import ALL, DEFAULT

__all__ = ["ALL", "DEFAULT", "PatternDetector"]
