"""What an engine is asked for, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workbench.engine.settings import Settings
from workbench.errors import InvalidRequest


def merged(settings: Settings | None, options: Mapping[str, Any]) -> Settings:
    """Return settings with some of their fields replaced, checked.

    Raises
    ------
    TypeError
        There is no such field.
    InvalidRequest
        A number is out of its range.
    """
    settings = settings or Settings()
    unknown = [name for name in options if name not in Settings.__struct_fields__]
    if unknown:
        raise TypeError(f"BacktestEngine() has no option {unknown[0]!r}")
    settings = msgspec.structs.replace(settings, **options)
    settings.check()
    return settings


def demand(field: str, value: object, allowed: str, good: bool) -> None:
    """Refuse a value that is not good.

    Raises
    ------
    InvalidRequest
        It is not; `allowed` says what it must be.
    """
    if not good:
        text = f"{field} must be {allowed}, is {value}"
        raise InvalidRequest(text, field=field, value=value, allowed=allowed)
