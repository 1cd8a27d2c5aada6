"""Standard output of a process that runs a user's code."""

from __future__ import annotations

import io
from typing import TextIO

OUTPUT_LIMIT = 5_000_000


class CappedText(io.TextIOBase):
    """A text stream that takes so many characters and drops the rest.

    What a strategy prints goes into a log file; a print per candle is not to fill the disk.
    """

    def __init__(self, target: TextIO, limit: int) -> None:
        self._target = target
        self._left = limit

    def write(self, text: str) -> int:
        """Write what there is room for."""
        if self._left > 0:
            self._target.write(text[: self._left])
            self._left -= len(text)
            if self._left <= 0:
                self._target.write("\n[further output of the strategy is dropped]\n")
        return len(text)

    def flush(self) -> None:
        """Pass it on."""
        self._target.flush()
