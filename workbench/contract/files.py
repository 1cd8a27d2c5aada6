"""The contract as files, made on first use."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

NAMES = ("schemas.json", "asyncapi.json", "openapi.json", "index.html")


@cache
def content(name: str) -> bytes:
    """Return one of `NAMES`.

    Raises
    ------
    KeyError
        There is no such file.
    """
    # Imported here: a server that nobody asks for the contract does not pay for it.
    from workbench.contract import asyncapi, openapi, page, schemas

    makers = {
        "schemas.json": schemas.document,
        "asyncapi.json": asyncapi.document,
        "openapi.json": openapi.document,
    }
    if name == "index.html":
        return page.render().encode()
    return _json(makers[name]())


def served(name: str, host: str, base: str, *, secure: bool) -> bytes:
    """Return one of `NAMES` as a server has it, which names its own address.

    Parameters
    ----------
    host
        As asked for, with the port.
    base
        The base URL: a path that begins and ends in a slash.
    secure
        Whether it was asked over TLS.

    Raises
    ------
    KeyError
        There is no such file.
    """
    known = content(name)
    if name not in ("asyncapi.json", "openapi.json"):
        return known
    document = msgspec.json.decode(known)
    path = base.rstrip("/")
    if name == "openapi.json":
        document["servers"][0]["url"] = f"http{'s' * secure}://{host}{path}"
    else:
        place = {"host": host, "pathname": path or "/", "protocol": "ws" + "s" * secure}
        document["servers"]["jupyter"] |= place
    return _json(document)


def write(folder: Path) -> list[Path]:
    """Write all files into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / name).write_bytes(content(name))
    return [folder / name for name in NAMES]


def _json(document: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
