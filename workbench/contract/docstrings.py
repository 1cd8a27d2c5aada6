"""What the structs' docstrings say of them and of their fields."""

from __future__ import annotations

import inspect
import re

_HEADING = re.compile(r"^(\w+)\n-{3,}$", re.MULTILINE)


def summary(cls: type) -> str:
    """Return a class's own docstring up to its first section, in Markdown; may be empty.

    What Python calls None is null, as in JSON.
    """
    return _markdown(_sections(cls)[0])


def attributes(cls: type) -> dict[str, str]:
    """Return what the docstrings of a class and of its bases say of each attribute."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        names: list[str] = []
        for line in _sections(base)[1].splitlines():
            if line and not line[0].isspace():
                names = [name.strip() for name in line.split(",")]
                found.update(dict.fromkeys(names, ""))
            else:
                for name in names:
                    found[name] = f"{found[name]} {line.strip()}".strip()
    return {name: _markdown(text) for name, text in found.items() if text}


def _sections(cls: type) -> tuple[str, str]:
    """Return the text before the first section, and that of the section `Attributes`."""
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    parts = _HEADING.split(text)
    named = dict(zip(parts[1::2], parts[2::2], strict=True))
    return parts[0].strip(), named.get("Attributes", "").strip("\n")


def _markdown(text: str) -> str:
    return re.sub(r"\bNone\b", "null", text.replace("``", "`"))
