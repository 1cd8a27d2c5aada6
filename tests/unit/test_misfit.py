"""What a body has wrong is named with where it stands, its value, and what is allowed there."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest

from workbench.errors import InvalidRequest
from workbench.runs.request import parse_body


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    action: Literal["reject", "flatten"] = "reject"
    most: float | None = None
    candle: bool | Literal["market"] = True


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    side: Literal["long", "short"] | None = None
    limits: Inner | float | None = None
    parts: dict[str, Inner] = {}
    rows: list[Inner] = []
    strategy: Any = None


CASES = [
    ({"side": "up"}, "side", "up", ["long", "short"]),
    ({"side": 3}, "side", 3, ["long", "short"]),
    ({"limits": {"action": "panic"}}, "limits.action", "panic", ["flatten", "reject"]),
    ({"limits": {"candle": "no"}}, "limits.candle", "no", [True, False, "market"]),
    ({"limits": {"most": "x"}}, "limits.most", "x", "float | null"),
    ({"limits": {"mots": 1}}, "limits.mots", 1, ["action", "candle", "most"]),
    ({"rows": [{"action": "x"}]}, "rows.action", None, ["flatten", "reject"]),
    ({"parts": {"a": {"action": "x"}}}, "parts.action", None, ["flatten", "reject"]),
]


@pytest.mark.parametrize(("change", "field", "value", "allowed"), CASES, ids=lambda v: str(v)[:30])
def test_what_is_wrong_is_named(change, field, value, allowed):
    with pytest.raises(InvalidRequest) as caught:
        parse_body(msgspec.json.encode({"name": "n", **change}), Outer)
    assert caught.value.details == {"field": field, "value": value, "allowed": allowed}
    assert field in str(caught.value)
    assert "enum" not in str(caught.value)


def test_what_is_called_otherwise_is_hinted_at_before_what_is_spelled_alike():
    with pytest.raises(InvalidRequest, match=r"did you mean 'limits\.most'") as caught:
        parse_body(b'{"nam": 1}', Outer, {"nam": "limits.most"})
    assert caught.value.details["field"] == "nam"
