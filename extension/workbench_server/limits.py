"""How much one peer may ask for: pure rules; the time and the numbers are handed in."""

from __future__ import annotations

import enum
from collections import Counter

TOLERATED = 100
"""Messages over the limit before the connection is closed."""
TELL_EVERY_S = 1.0


class TokenBucket:
    """Lets through `rate` a second, and `burst` at once.

    Parameters
    ----------
    rate
        Tokens a second; 0 or less for no limit.
    burst
        Tokens it holds at most; it starts full.
    now
        The present, in seconds of any clock.
    """

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = float(max(1, burst))
        self._tokens = self._burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take a token; False if there is none."""
        if self._rate <= 0:
            return True
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def full(self) -> bool:
        """Whether nothing has been asked for in a while, as of the last `take`."""
        return self._tokens >= self._burst - 1


class Verdict(enum.Enum):
    """What to do with a message."""

    ACCEPT = "accept"
    TELL = "tell"
    """Refuse, and say so."""
    IGNORE = "ignore"
    """Refuse; it has been said a moment ago."""
    CLOSE = "close"


class Inbound:
    """Judges the messages of one connection.

    Parameters
    ----------
    rate, burst, now
        As of `TokenBucket`.
    """

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._bucket = TokenBucket(rate, burst, now)
        self._refused = 0
        self._told_at: float | None = None

    def judge(self, now: float) -> Verdict:
        """Decide on a message that arrives now."""
        if self._bucket.take(now):
            if self._bucket.full:
                self._refused = 0
            return Verdict.ACCEPT
        self._refused += 1
        if self._refused > TOLERATED:
            return Verdict.CLOSE
        if self._told_at is not None and now - self._told_at < TELL_EVERY_S:
            return Verdict.IGNORE
        self._told_at = now
        return Verdict.TELL


class Places:
    """Counts the subscribers against what is allowed.

    Parameters
    ----------
    in_all, per_stream
        How many are allowed; 0 for any number.
    """

    def __init__(self, in_all: int, per_stream: int) -> None:
        self.in_all = in_all
        self.per_stream = per_stream
        self._taken: Counter[str] = Counter()
        self._total = 0

    def take(self, stream: str) -> int | None:
        """Take a place; if there is none, return the limit that is reached."""
        if self.in_all and self._total >= self.in_all:
            return self.in_all
        if self.per_stream and self._taken[stream] >= self.per_stream:
            return self.per_stream
        self._taken[stream] += 1
        self._total += 1
        return None

    def free(self, stream: str) -> None:
        """Give a place back."""
        self._total -= 1
        self._taken[stream] -= 1
        if not self._taken[stream]:
            del self._taken[stream]
