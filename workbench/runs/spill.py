"""Messages put aside on disk, first in first out."""

from __future__ import annotations

import logging
import os
import tempfile
from collections import deque
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

SEGMENT_BYTES = 64 * 1024 * 1024
BUFFER_BYTES = 64 * 1024


class Spill:
    """Messages on disk, a line each, in files without a name.

    The files vanish with the process, however it ends. Each is given back once it is read.

    Parameters
    ----------
    folder
        Where to; the system's folder for temporary files if it is None or not there.
    segment
        Bytes after which a new file is begun.
    buffer
        Bytes to gather before they are written.
    """

    def __init__(
        self,
        folder: Path | None = None,
        segment: int = SEGMENT_BYTES,
        buffer: int = BUFFER_BYTES,
    ) -> None:
        self._limit = buffer
        self._folder = folder
        self._segment = segment
        self._files: deque[_File] = deque()
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._count = 0
        self._whole = True
        self.size = 0
        """Bytes of the messages put aside."""

    def __len__(self) -> int:
        return self._count

    def add(self, message: bytes) -> None:
        """Put a message aside; it holds no line break."""
        self._buffer.append(message)
        self._buffer.append(b"\n")
        length = len(message) + 1
        self._buffered += length
        self.size += length
        self._count += 1
        if self._buffered >= self._limit:
            self._write()

    def take(self, size: int) -> list[bytes]:
        """Take back the oldest messages of about `size` bytes, at least one if there is any."""
        if not self._count:
            return []
        while self._files and not self._files[0].left:
            self._files.popleft().close()
        data = self._files[0].read(size) if self._files else b""
        if not data.endswith(b"\n"):
            # Nothing is on the disk, or the rest of a line still waits for room there.
            data += self._drain()
        messages = data.split(b"\n")
        del messages[-1]
        self._count -= len(messages)
        self.size -= len(data)
        if not self._count:
            self.close()
        return messages

    def close(self) -> None:
        """Give the files back."""
        while self._files:
            self._files.popleft().close()
        self._buffer.clear()
        self._buffered = self._count = self.size = 0

    def _drain(self) -> bytes:
        data = b"".join(self._buffer)
        self._buffer.clear()
        self._buffered = 0
        return data

    def _write(self) -> None:
        data = self._drain()
        try:
            # A line that the disk had no room for goes on in the file it began in.
            if not self._files or (self._files[-1].written >= self._segment and self._whole):
                self._files.append(_File(self._folder))
            data = self._files[-1].write(data)
            self._whole = not data
        except OSError as error:
            log.warning("messages stay in memory: %s", error)
        if data:
            self._buffer.append(data)
            self._buffered = len(data)


class _File:
    """One file, written at its end and read from its beginning."""

    def __init__(self, folder: Path | None) -> None:
        usable = folder is not None and folder.is_dir()
        self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115
            dir=folder if usable else None
        )
        self.written = 0
        self._read = 0

    @property
    def left(self) -> int:
        """Bytes not read."""
        return self.written - self._read

    def write(self, data: bytes) -> bytes:
        """Append data; return what there was no room for."""
        done = os.pwrite(self._file.fileno(), data, self.written)
        self.written += done
        return data[done:]

    def read(self, size: int) -> bytes:
        """Return the next lines of up to `size` bytes, one at least, or all that is left."""
        while True:
            data = os.pread(self._file.fileno(), min(size, self.left), self._read)
            end = len(data) if len(data) == self.left else data.rfind(b"\n") + 1
            if end:
                self._read += end
                return data[:end]
            size *= 2

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
