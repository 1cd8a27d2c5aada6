"""Where a reader stands in a log, and the proof that it missed nothing: pure."""

from __future__ import annotations

import enum
from array import array

from msgspec import UNSET, UnsetType

from workbench.errors import StreamCorrupted
from workbench.messages import Complete, Trade, TradeChecksum


class Place(enum.Enum):
    """What a message with a seq is to the reader."""

    NEXT = "next"
    KNOWN = "known"
    BEYOND_A_HOLE = "beyond a hole"


class Position:
    """Counts what came.

    Events carry an own gap-free number, so a hole among them shows with the next one. What lies
    between the last good event and the hole has been told by then; when it is told again, on
    the way to the missing event, it is passed over.

    Parameters
    ----------
    seq
        The last message the reader has, 0 for none.
    provable
        Every event is to come: none is filtered out.
    countable
        Every trade and the final message are to come.

    Attributes
    ----------
    seq
        The furthest message told.
    eseq
        Number of the last event; None when it is not known yet.
    missing
        The event a hole began with, None while there was none.
    """

    def __init__(self, seq: int, *, provable: bool, countable: bool) -> None:
        self._provable = provable
        self._countable = countable
        self.restart(seq)

    def restart(self, seq: int = 0) -> None:
        """Go to a place of another story; from elsewhere than its start, trades cannot be counted.

        A hole that was found is forgotten.
        """
        self.missing: int | None = None
        self.go_to(seq)

    def go_to(self, seq: int) -> None:
        """Go to another place of the same log."""
        self.seq = seq
        self.eseq: int | None = None if seq else 0
        self._event_seq = seq
        self._between = array("q")
        self._told: set[int] | None = None
        self._checksum = TradeChecksum() if self._countable and not seq else None

    @property
    def resume(self) -> int:
        """The seq to resume from."""
        return self.seq if self._told is None else self._event_seq

    @property
    def mending(self) -> bool:
        """Whether a stretch that had a hole is being told again."""
        return self._told is not None

    def forward(self, seq: int) -> bool:
        """Take in a message that is no event, if nothing speaks against it; the quick way."""
        if seq <= self.seq or self._told is not None:
            return False
        self.seq = seq
        if self._provable:
            self._between.append(seq)
        return True

    def take(self, seq: int, eseq: int | UnsetType) -> Place:
        """Take in a message's numbers."""
        if eseq is UNSET or not self._provable:
            return self._other(seq)
        if self.eseq is not None:
            if eseq <= self.eseq:
                return Place.KNOWN
            if eseq > self.eseq + 1:
                return Place.BEYOND_A_HOLE
        elif seq <= self.seq:
            return Place.KNOWN
        if seq > self.seq:
            # Past all that had been told: a stretch that was mended is whole again.
            self._told = None
            self._between = array("q")
            self.seq = seq
        self.eseq = eseq
        self._event_seq = seq
        return Place.NEXT

    def hole(self, found: int | None) -> StreamCorrupted | None:
        """Note that the event after the last one did not come.

        Parameters
        ----------
        found
            The event that came instead; None when the stream ended.

        Returns
        -------
        StreamCorrupted or None
            None the first time: the stretch is to be read again, from `resume`.
        """
        wanted = (self.eseq or 0) + 1
        if self.missing == wanted:
            came = f"event {found} came" if found is not None else "the stream ended"
            msg = (
                f"Event {wanted} of the stream is missing: {came} instead, also when asked again "
                f"from seq {self.resume}. The server's log is damaged, or something between "
                "drops messages."
            )
            return StreamCorrupted(msg, missing_eseq=wanted, found_eseq=found)
        self.missing = wanted
        self._told = {*(self._told or ()), *self._between}
        return None

    def count(self, trade: Trade) -> None:
        """Take a trade into the checksum."""
        if self._checksum is not None:
            self._checksum.add(trade)

    def prove(self, final: Complete) -> StreamCorrupted | None:
        """Compare the trades told with what the run's last message says of them."""
        had, said = self._checksum, final.extra
        if had is None:
            return None
        if said.trades is not UNSET and said.trades != had.count:
            msg = f"{had.count} trade messages came, but the run tells of {said.trades}"
        elif said.crc32 is not UNSET and said.crc32 != had.value:
            msg = (
                f"The trades' checksum is {had.value:08x}, but the run tells of {said.crc32:08x}: "
                "they were changed on the way"
            )
        else:
            return None
        return StreamCorrupted(
            msg,
            expected={"trades": _plain(said.trades), "crc32": _plain(said.crc32)},
            received={"trades": had.count, "crc32": had.value},
        )

    def _other(self, seq: int) -> Place:
        if seq <= self.seq and (self._told is None or seq in self._told):
            return Place.KNOWN
        if self._told is not None:
            self._told.add(seq)
        elif self._provable:
            self._between.append(seq)
        self.seq = max(self.seq, seq)
        return Place.NEXT


def _plain(value: int | UnsetType) -> int | None:
    return None if value is UNSET else value
