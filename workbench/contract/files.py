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


def write(folder: Path) -> list[Path]:
    """Write all files into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / name).write_bytes(content(name))
    return [folder / name for name in NAMES]


def _json(document: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
