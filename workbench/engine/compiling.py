"""The compiled twin of the rules: their own source, compiled once and kept in the user's cache.

It is named by what it is made of, so that it can never be out of date. Where it is kept, a run
needs no numba, which would take a second to wake up; a compiled strategy does.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from workbench.engine.machine import Machine, extract, processor
from workbench.engine.native_text import ingredients, text
from workbench.paths import cache_dir

KEPT = 4
"""Sets of files in the cache: of other versions of Python, numba or this."""


@cache
def native() -> Machine | None:
    """Return the compiled rules, None where there is no numba, or ``NUMBA_DISABLE_JIT`` is set.

    Then the same rules run in CPython, some hundred times slower, and a `RuntimeWarning` says so.
    """
    why = _lacking()
    if why:
        message = f"Signals and compiled strategies run in CPython, slowly: {why}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None
    name = _name()
    for folder in _folders():
        with contextlib.suppress(OSError):
            return Machine(_read(folder / f"{name}.bin"))
    for folder in _folders():
        with contextlib.suppress(OSError), _alone(folder):
            path = folder / f"{name}.bin"
            with contextlib.suppress(OSError):
                return Machine(_read(path))  # another process was faster
            code = extract(_module(name))
            _write(path, code)
            _tidy(folder)
            return Machine(code)
    return Machine(extract(_module(name)))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process compiles: it takes long, and they would do the same."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lacking() -> str:
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return "NUMBA_DISABLE_JIT is set"
    try:
        version("numba")
    except PackageNotFoundError:
        return "numba is not installed"
    return ""


def _name() -> str:
    """Return a name made of all that the machine code depends on."""
    made_of = [*ingredients(), version("numba"), version("llvmlite"), sys.version, processor()]
    return f"rules_{hashlib.sha256('|'.join(made_of).encode()).hexdigest()[:16]}"


def _module(name: str) -> ModuleType:
    """Compile the rules; numba wants them in a file."""
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(text())
        spec = spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be imported")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def _folders() -> list[Path]:
    """Return where files may be: in the cache, else in a temporary folder of the user's own."""
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


def _read(path: Path) -> bytes:
    """Return what `_write` wrote; broken machine code would end the process."""
    data = path.read_bytes()
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        raise OSError(f"{path} is damaged")
    return data[32:]


def _write(path: Path, data: bytes) -> None:
    """Write a file at one go: other processes may be reading it."""
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(hashlib.sha256(data).digest() + data)
    os.replace(draft, path)


def _tidy(folder: Path) -> None:
    """Remove the oldest files."""
    files = sorted(folder.glob("rules_*.bin"), key=lambda path: path.stat().st_mtime)
    for old in files[:-KEPT]:
        old.unlink(missing_ok=True)
