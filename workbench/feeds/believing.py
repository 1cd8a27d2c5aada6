"""Numbers of frames that may be wrong, each by itself: which of them to go by."""

from __future__ import annotations

from workbench.feeds.source import Note
from workbench.messages import FeedState

NUMBERS = 10_000_000
"""Trade numbers so far from the one before are doubted."""


class Believed:
    """The last of a row of numbers that is to be gone by.

    One that is far from it is not, until the next is near that one: then all have moved.

    Parameters
    ----------
    reach
        What is near.

    Attributes
    ----------
    last
        None before the first.
    """

    def __init__(self, reach: int) -> None:
        self.last: int | None = None
        self._reach = reach
        self._odd: int | None = None

    def takes(self, number: int) -> bool:
        """Tell whether to go by a number, and remember it."""
        last, odd, self._odd = self.last, self._odd, None
        near_odd = odd is not None and abs(number - odd) <= self._reach
        if last is None or abs(number - last) <= self._reach or near_odd:
            self.last = number
            return True
        self._odd = number
        return False


class Counted:
    """Tells what is odd when it is the first, the tenth, the hundredth of its kind and so on.

    Parameters
    ----------
    state
        Of the feed.
    """

    def __init__(self, state: FeedState = "live") -> None:
        self._state = state
        self._many: dict[str, int] = {}

    def tell(self, code: str, one: str, many: str, what: str) -> list[Note]:
        """Return what is to be told: ``one: what``, or ``12 many, the last: what``."""
        count = self._many[code] = self._many.get(code, 0) + 1
        if str(count).rstrip("0") != "1":
            return []
        text = f"{one}: {what}" if count == 1 else f"{count} {many}, the last: {what}"
        return [Note(self._state, text, code)]
