"""When a producer gives up on servers that answer, but do not take what it says: pure."""

from __future__ import annotations

import msgspec

GONE = 410
TOO_BIG = 1009
FAILED = 1011
DENIALS = 8
"""In a row: a server may not see yet that the token was given out."""
FAILURES = 20


class _Details(msgspec.Struct):
    field: str | None = None


class _Refusal(msgspec.Struct):
    code: str
    details: _Details


_refusals: msgspec.json.Decoder[_Refusal] = msgspec.json.Decoder(_Refusal)


class Rebuffs:
    """Counts what speaks against going on; each method returns why to give up, or None."""

    def __init__(self) -> None:
        self._denials = 0
        self._failures = 0
        self._first = 0

    def welcomed(self) -> None:
        """Note that a server has taken the producer in."""
        self._denials = 0

    def turned_away(self, status: int, body: bytes | bytearray) -> str | None:
        """Note that a server did not: the reply to the upgrade.

        Only a server that knows the run and judges its token counts. Whoever else has taken the
        address of one that is gone may say what he likes: the next may come back.
        """
        if status == GONE:
            return "the run was deleted"
        if not _is_denial(body):
            return None
        self._denials += 1
        if self._denials < DENIALS:
            return None
        return "the right to publish the run is another producer's"

    def closed(self, code: int, theirs: bool, first: int) -> str | None:
        """Note how a connection was closed, by the server's will if it is `theirs`.

        Message `first` was the oldest it had not taken.
        """
        if code == TOO_BIG:
            return "a message is larger than the server, or what is before it, takes"
        return self.failed(first) if code == FAILED and theirs else None

    def failed(self, first: int) -> str | None:
        """Note that a server failed while message `first` was the oldest it had not taken."""
        self._failures = self._failures + 1 if first == self._first else 1
        self._first = first
        if self._failures < FAILURES:
            return None
        return (
            f"the server failed {self._failures} times in a row at the batch that begins with "
            f"message {first}; its log says how"
        )


def _is_denial(body: bytes | bytearray) -> bool:
    try:
        refusal = _refusals.decode(body)
    except msgspec.MsgspecError:
        return False
    return refusal.code == "not_allowed" and refusal.details.field == "Authorization"
