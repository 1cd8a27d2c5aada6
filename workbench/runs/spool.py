"""The end of a run that no server was there to take: a file the next server reads."""

from __future__ import annotations

from pathlib import Path

from workbench.runs.publishing import Batch, batch_decoder, batch_frame


def write(home: Path, run_id: str, first: int, messages: list[bytes]) -> Path:
    """Leave messages `first`, `first` + 1, … for the next server."""
    folder = home / "spool"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{run_id}.json"
    temporary = path.with_suffix(".part")
    temporary.write_bytes(batch_frame(first, messages))
    temporary.replace(path)
    return path


def read(home: Path, run_id: str) -> Batch | None:
    """Return what the run left, or None."""
    try:
        return batch_decoder.decode((home / "spool" / f"{run_id}.json").read_bytes())
    except FileNotFoundError:
        return None


def remove(home: Path, run_id: str) -> None:
    """Forget what the run left."""
    (home / "spool" / f"{run_id}.json").unlink(missing_ok=True)
