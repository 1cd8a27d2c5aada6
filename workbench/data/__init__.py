"""Where candles come from: store, bundled and synthetic samples, import, resampling.

Importing this costs numpy; pandas and pyarrow are imported by the functions that need them.
"""

from workbench.data.candles import Candles
from workbench.data.catalog import SymbolInfo, find, known_until, load, symbols
from workbench.data.exchange import Fetched, fetch
from workbench.data.importer import ImportResult, import_file
from workbench.data.intrabar import build_intrabar, check_intrabar, load_intrabar
from workbench.data.resample import downsample, resample, visible_counts
from workbench.data.store import CandleStore

__all__ = [
    "CandleStore",
    "Candles",
    "Fetched",
    "ImportResult",
    "SymbolInfo",
    "build_intrabar",
    "check_intrabar",
    "downsample",
    "fetch",
    "find",
    "import_file",
    "known_until",
    "load",
    "load_intrabar",
    "resample",
    "symbols",
    "visible_counts",
]
