"""Messages put aside on disk, first in first out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.runs.segments import Segment

log = logging.getLogger(__name__)

SEGMENT_BYTES = 64 * 1024 * 1024
BUFFER_BYTES = 64 * 1024


class Spill:
    """Numbered messages on disk, a line each.

    In files without a name, which vanish with the process, each given back once it is read; or,
    with `path`, in files that outlive the process, each removed once `release` says that nobody
    needs it any more.

    Parameters
    ----------
    folder
        Where to; the system's folder for temporary files if it is None or not there.
    segment
        Bytes after which a new file is begun.
    buffer
        Bytes to gather before they are written.
    path
        Returns the name of the file whose first message has this number.
    """

    def __init__(
        self,
        folder: Path | None = None,
        segment: int = SEGMENT_BYTES,
        buffer: int = BUFFER_BYTES,
        path: Callable[[int], Path] | None = None,
    ) -> None:
        self._limit = self._due = buffer
        self._folder = folder
        self._segment = segment
        self._path = path
        self._files: deque[Segment] = deque()
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._count = 0
        self._prompt = False
        self.size = 0
        """Bytes of the messages that wait to be taken back."""
        self.next = 0
        """Number after that of the last message put aside or held; 0 before the first."""

    def __len__(self) -> int:
        return self._count

    @property
    def lasting(self) -> bool:
        """Whether what is put aside outlives the process."""
        return self._path is not None and self._folder is not None and self._folder.is_dir()

    def add(self, message: bytes, number: int) -> None:
        """Put a message aside; it holds no line break."""
        self._buffer.append(message)
        self._buffer.append(b"\n")
        length = len(message) + 1
        self._buffered += length
        self.size += length
        self._count += 1
        self.next = number + 1
        if self._buffered >= self._due:
            self._write()

    def take(self, size: int) -> list[bytes]:
        """Take back the oldest messages of about `size` bytes, at least one if there is any."""
        if not self._count:
            return []
        source = next((file for file in self._files if file.left), None)
        data = self._drain() if source is None else source.read(size)
        messages = data.split(b"\n")
        del messages[-1]
        self._count -= len(messages)
        self.size -= len(data)
        while self._files and self._files[0].path is None and not self._files[0].left:
            self._files.popleft().discard()
        return messages

    def hold(self, messages: Sequence[bytes], first: int) -> bool:
        """Write messages that their owner goes on holding; tell whether they are on disk.

        Only to be called while none wait to be taken back.
        """
        if self._path is None:
            return False
        following = first + len(messages)
        try:
            data = b"\n".join((*messages, b""))
            self._file_for(first).write(data, following, unread=False)
        except OSError as error:
            log.warning("messages stay in memory alone: %s", error)
            return False
        self.next = following
        return True

    def release(self, first: int) -> None:
        """Remove the files in which all messages have a number before `first`."""
        files = self._files
        while files and files[0].next <= first and not files[0].left:
            files.popleft().discard()

    def hurry(self, prompt: bool) -> None:
        """Write each message at once, from those that are here, or gather them again."""
        self._prompt = prompt
        self._due = 0 if prompt else self._limit
        if self._buffer and prompt:
            self._write()

    def leave(self, first: int, last: int) -> bool:
        """Let go of the files, which stay for others; tell if they hold messages first to last."""
        if self._buffer:
            self._write()
        whole = True
        # In their order: who reads them meanwhile finds no gap.
        while self._files:
            file = self._files.popleft()
            file.close()
            whole = whole and file.path is not None and file.first <= first
            first = max(first, file.next)
            try:
                if file.path is not None:
                    file.path.rename(file.path.with_suffix(".jsonl"))
            except OSError as error:
                log.warning("what was put aside is gone: %s", error)
                whole = False
        return whole and first > last

    def close(self) -> None:
        """Give the files back."""
        while self._files:
            self._files.popleft().discard()
        self._buffer.clear()
        self._buffered = self._count = self.size = 0

    def _drain(self) -> bytes:
        data = b"".join(self._buffer)
        self._buffer.clear()
        self._buffered = 0
        return data

    def _write(self) -> None:
        first = self.next - len(self._buffer) // 2
        try:
            self._file_for(first).write(b"".join(self._buffer), self.next)
        except OSError as error:
            log.warning("messages stay in memory: %s", error)
            # The more there is, the rarer it is tried again: each time it is copied.
            self._due = self._buffered + self._buffered // 8 + self._limit
            return
        self._drain()
        self._due = 0 if self._prompt else self._limit

    def _file_for(self, first: int) -> Segment:
        """Return the file that message `first` belongs in."""
        last = self._files[-1] if self._files else None
        if last is None or last.written >= self._segment or last.next != first:
            usable = self._folder if self._folder is not None and self._folder.is_dir() else None
            path = None if self._path is None or usable is None else self._path(first)
            last = Segment(first, usable, path)
            self._files.append(last)
        return last
