"""Which messages of the stream of all live sessions concern a subscriber: pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from workbench.streams.log import Entry

Traded = Callable[[str], frozenset[str]]
"""Returns the symbols that a session trades."""


class Wanted(NamedTuple):
    """What of the sessions is wanted.

    Attributes
    ----------
    symbols
        Positions and orders of these, risk and profit of sessions that trade one of them; None
        for all.
    session
        Only this one; None for all.
    """

    symbols: frozenset[str] | None = None
    session: str | None = None


class _Of(Struct):
    session: str
    symbol: str | None = None


class _Found(Struct):
    data: _Of


_found: msgspec.json.Decoder[_Found] = msgspec.json.Decoder(_Found)


def concerns(entry: Entry, wanted: Wanted, traded: Traded) -> bool:
    """Tell whether a message concerns who wants that."""
    if wanted == (None, None):
        return True
    data = _found.decode(entry.wire).data
    if wanted.session is not None and data.session != wanted.session:
        return False
    if wanted.symbols is None:
        return True
    if data.symbol is not None:
        return data.symbol in wanted.symbols
    return not wanted.symbols.isdisjoint(traded(data.session))
