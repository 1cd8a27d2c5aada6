"""Market structure: where price turned, what it broke, and what it left behind."""

from __future__ import annotations

from workbench.analysis.structure.areas import Area
from workbench.analysis.structure.detector import StructureDetector
from workbench.analysis.structure.levels import swing_levels
from workbench.analysis.structure.settings import StructureSettings

__all__ = ["Area", "StructureDetector", "StructureSettings", "swing_levels"]
