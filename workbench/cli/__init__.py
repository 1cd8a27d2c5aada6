"""The command line: ``workbench``, ``jupyter workbench`` and ``python -m workbench.cli``."""

from workbench.cli.program import main

__all__ = ["main"]
