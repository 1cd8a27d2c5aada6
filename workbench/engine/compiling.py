"""The compiled twin of the rules: one file in the user's cache, made of their own source.

It is named by what it is made of, so that it can never be out of date; numba keeps its machine code
beside it. numba is only imported when a run needs it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from workbench.engine.native_text import text
from workbench.paths import cache_dir

KEPT = 4
"""Files in the cache: of other versions of Python, numba or this."""


@cache
def native() -> ModuleType | None:
    """Return the compiled rules, None where there is no numba, or ``NUMBA_DISABLE_JIT`` is set.

    Then the same rules run in CPython, some hundred times slower, and a `RuntimeWarning` says so.
    """
    try:
        import numba
    except ImportError as error:
        why = str(error)
    else:
        if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            return _load(_written(text(), numba.__version__))
        why = "NUMBA_DISABLE_JIT is set"
    message = f"Signals and compiled strategies run in CPython, slowly: {why}"
    warnings.warn(message, RuntimeWarning, stacklevel=2)
    return None


def _written(source: str, numba: str) -> Path:
    """Return the file with this text, written where it can be."""
    made_of = "\n".join([source, numba, version("llvmlite"), version("numpy"), sys.version])
    name = f"rules_{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.py"
    for folder in _folders():
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _write(path, source)
                _tidy(folder)
            return path
        except OSError:
            continue
    path = Path(tempfile.mkdtemp(prefix="workbench-")) / name
    path.write_text(source)
    return path


def _folders() -> list[Path]:
    """Return where the file may be: in the cache, else in a temporary folder of the user's own."""
    folders = [cache_dir() / "compiled"]
    if hasattr(os, "getuid"):
        own = Path(tempfile.gettempdir()) / f"workbench-compiled-{os.getuid()}"
        # What others could write to would be a way to run their code.
        with contextlib.suppress(OSError):
            own.mkdir(mode=0o700, exist_ok=True)
            state = own.lstat()
            if state.st_uid == os.getuid() and state.st_mode & 0o077 == 0:
                folders.append(own)
    return folders


def _write(path: Path, source: str) -> None:
    """Write a file at one go, unless another process has: numba looks at its time, too."""
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".py.part")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(source)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


def _tidy(folder: Path) -> None:
    """Remove the oldest files and their machine code."""
    files = sorted(folder.glob("rules_*.py"), key=lambda path: path.stat().st_mtime)
    for old in files[:-KEPT]:
        for path in (old, *(folder / "__pycache__").glob(f"{old.stem}.*")):
            with contextlib.suppress(OSError):
                path.unlink()


def _load(path: Path) -> ModuleType:
    name = f"workbench_{path.stem}"
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # numba looks for it there
    spec.loader.exec_module(module)
    return module
