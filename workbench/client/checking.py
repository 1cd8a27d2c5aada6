"""What a reader is given, checked before anything is sent."""

from __future__ import annotations

import re
from math import isnan
from typing import Any

from workbench.errors import InvalidRequest

_TOKEN = re.compile(r"[\x21-\x7e]*")
_RUN = re.compile(r"[A-Za-z0-9_.-]+")


def check_token(token: str) -> None:
    """Check that a token can travel in a header.

    Raises
    ------
    InvalidRequest
        It cannot; the error does not repeat it.
    """
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        allowed = "printable ASCII without spaces"
        msg = f"token has characters that cannot travel in a header, expected {allowed}"
        raise InvalidRequest(msg, field="token", value=None, allowed=allowed)


def check_run_id(run_id: str) -> None:
    """Check that a run can have this name.

    Raises
    ------
    InvalidRequest
        It cannot.
    """
    if not isinstance(run_id, str) or not _RUN.fullmatch(run_id):
        shown = repr(run_id)[:60]
        allowed = "letters, digits, _ . and -, at least one"
        msg = f"run_id is {shown}, expected {allowed}"
        raise InvalidRequest(msg, field="run_id", value=shown, allowed=allowed)


def check_number(
    name: str, value: Any, lowest: float, highest: float = float("inf"), *, whole: bool = False
) -> None:
    """Check a number.

    Raises
    ------
    InvalidRequest
        It is none, not finite where it has to be, or not within its bounds.
    """
    kinds = (int,) if whole else (int, float)
    number = isinstance(value, kinds) and not isinstance(value, bool)
    if not number or isnan(value) or not lowest <= value <= highest:
        kind = "a whole number" if whole else "a number"
        upto = "or more" if highest == float("inf") else f"to {highest:g}"
        allowed = kind if lowest == float("-inf") else f"{kind}, {lowest:g} {upto}"
        shown = repr(value)[:60]
        msg = f"{name} is {shown}, expected {allowed}"
        raise InvalidRequest(msg, field=name, value=shown, allowed=allowed)
