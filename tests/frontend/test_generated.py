"""What the TypeScript client has from Python: its types, and vectors for its checksum."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from workbench.contract.typescript import render
from workbench.messages import MESSAGE_TYPES, EntryData, ExitData, Trade, TradeChecksum, TradeExtra
from workbench.messages.payloads import Reasoning

FRONTEND = Path(__file__).parents[2] / "extension" / "frontend"
MESSAGES = FRONTEND / "stream" / "src" / "messages.ts"
VECTORS = FRONTEND / "tests" / "checksums.json"


def trade(name: str, price: float, quantity: float, *, closes: bool) -> Trade:
    times = {"entry_time": "2024-01-01T00:00:00Z"}
    if closes:
        data: EntryData | ExitData = ExitData(
            name, "X", "long", 1.0, times["entry_time"], price, "2024-01-02T00:00:00Z", "signal",
            12.5, -0.25, 1 / 7, quantity / 3,
        )  # fmt: skip
    else:
        reasoning = Reasoning("enter_long", 1.0, "")
        data = EntryData(
            name, "X", "long", price, times["entry_time"], quantity, None, [], reasoning
        )
    return Trade("", data=data, extra=TradeExtra(quantity, 0.0, 0.0, "S", 0))


def vectors() -> list[dict[str, object]]:
    """Return messages with the checksum after each: names beyond ASCII, odd and edge numbers."""
    checksum = TradeChecksum()
    made = []
    for name, price, quantity, closes in (
        ("trade_1", 51234.5, 0.1, False),
        ("trade_1", 52000.0, 0.1, True),
        ("ünï→\U0001f4c8", 1e-8, 1 / 3, False),
        ("", 0.1 + 0.2, 1e300, True),
        ("trade_2", 5e-324, -0.0, False),
        ("trade_2", 9007199254740993.0, 123456789.123456789, True),
    ):
        message = trade(name, price, quantity, closes=closes)
        checksum.add(message)
        made.append({"message": msgspec.to_builtins(message), "value": checksum.value})
    return made


def test_the_types_are_those_of_the_messages():
    assert MESSAGES.read_text() == render(), (
        "out of date: python -m workbench.contract.typescript > extension/frontend/stream/src/"
        "messages.ts"
    )


def test_every_message_has_its_type_and_its_delivery():
    text = render()
    for name, cls in MESSAGE_TYPES.items():
        assert f'\n  type: "{name}";\n' in text
        assert f'\n  {name}: "{cls.delivery.value}",\n' in text


def test_what_may_be_absent_is_optional_and_what_may_be_null_says_so():
    text = render()
    assert "\n  stop_loss: number | null;\n" in text
    assert "\n  crc32?: number;\n" in text
    assert "\n  value?: number | null;\n" in text
    assert "\n  data: EntryData | ExitData;\n" in text


ENTRY = ("trade_id", "symbol", "direction", "entry_time", "entry_price")
EXIT = (*ENTRY, "exit_time", "exit_reason", "exit_price", "pnl", "pnl_percent", "mfe", "mae")


def changed(value: object) -> object:
    return f"{value}x" if isinstance(value, str) else value + 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("closes", "name"), [*((False, name) for name in ENTRY), *((True, name) for name in EXIT)]
)
def test_the_checksum_covers_what_a_trade_comes_to(closes, name):
    message = trade("t", 100.0, 2.0, closes=closes)
    other = structs.replace(message.data, **{name: changed(getattr(message.data, name))})
    sums = [TradeChecksum(), TradeChecksum()]
    sums[0].add(message)
    sums[1].add(structs.replace(message, data=other))
    assert sums[0].value != sums[1].value


def test_the_vectors_of_the_checksum_are_those_python_makes():
    assert json.loads(VECTORS.read_text()) == json.loads(json.dumps(vectors()))
