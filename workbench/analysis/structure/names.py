"""Facts of market structure by name: what there is, and what may become of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from workbench.errors import InvalidRequest
from workbench.messages import StructureKind

LATER: Mapping[StructureKind, tuple[str, ...]] = {
    "swing_high": ("superseded", "broken"),
    "swing_low": ("superseded", "broken"),
    "bos": (),
    "choch": (),
    "fvg": ("mitigated", "filled", "expired"),
    "order_block": ("mitigated", "broken", "expired"),
    "liquidity": ("extended", "swept", "broken", "expired"),
    "zone": ("touched", "broken", "expired"),
}
"""The statuses each kind may have after ``confirmed``."""

STATUSES = ("confirmed", *dict.fromkeys(one for later in LATER.values() for one in later))

NAMES = frozenset({*LATER, *(f"{kind}_{one}" for kind, later in LATER.items() for one in later)})
"""Every kind, and with each later status: ``fvg``, ``fvg_filled``, ...."""


def name_of(kind: str, status: str) -> str:
    """Return how a fact is asked for."""
    return kind if status == "confirmed" else f"{kind}_{status}"


def refuse_unknown(name: object) -> None:
    """Refuse a name that nothing has.

    Raises
    ------
    InvalidRequest
        It is none of `NAMES`.
    """
    if isinstance(name, str) and name in NAMES:
        return
    near = difflib.get_close_matches(str(name).lower(), sorted(NAMES), 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    text = (
        f"Market structure has nothing called {name!r}.{hint} Kinds are {', '.join(LATER)}; what "
        f"became of them is asked for as 'fvg_filled', 'liquidity_swept', …"
    )
    raise InvalidRequest(text, field="name", value=str(name), allowed=sorted(NAMES))
