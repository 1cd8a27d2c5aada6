"""Which of a client's permessage-deflate offers is accepted (RFC 7692, section 7.1): pure.

Tornado's own parser drops parameters without a value, and with them what a client asks for.
"""

from __future__ import annotations

import re

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(
    rf"""\s*;\s*(?P<name>{_TOKEN})\s*(?:=\s*(?:(?P<value>{_TOKEN})|"(?P<quoted>{_TOKEN})"))?\s*"""
)
_NAME = re.compile(rf"\s*(?P<name>{_TOKEN})\s*")
_FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
_BITS = ("server_max_window_bits", "client_max_window_bits")
WIDEST = "15"


def agree(header: str) -> dict[str, str | None] | None:
    """Return the parameters to answer the first acceptable offer with; None to decline all.

    Declined is what a context shared by many cannot honour: no takeover, a smaller window. The
    client is asked not to take over its own context, so that it costs no memory between its
    messages.
    """
    for offer in header.split(","):
        parameters = _parameters(offer)
        if parameters is None or "server_no_context_takeover" in parameters:
            continue
        answer: dict[str, str | None] = {"client_no_context_takeover": None}
        if "server_max_window_bits" in parameters:
            if parameters["server_max_window_bits"] != WIDEST:
                continue
            answer["server_max_window_bits"] = WIDEST
        return answer
    return None


def _parameters(offer: str) -> dict[str, str | None] | None:
    """Return a permessage-deflate offer's parameters, None if it is another or invalid."""
    name = _NAME.match(offer)
    if name is None or name["name"].lower() != "permessage-deflate":
        return None
    found: dict[str, str | None] = {}
    at = name.end()
    while at < len(offer):
        match = _PARAMETER.match(offer, at)
        if match is None:
            return None
        key, value = match["name"].lower(), match["value"] or match["quoted"]
        if key in found or not _valid(key, value):
            return None
        found[key] = value
        at = match.end()
    return found


def _valid(key: str, value: str | None) -> bool:
    if key in _FLAGS:
        return value is None
    if key not in _BITS:
        return False
    if value is None:
        return key == "client_max_window_bits"
    return value.isascii() and value.isdecimal() and value[0] != "0" and 8 <= int(value) <= 15
