"""Numbers of things in sentences."""

from __future__ import annotations


def counted(many: int, what: str) -> str:
    """Return how many of a thing, in words: ``1 trade``, ``2 trades``."""
    return f"{many:,} {what}{'' if many == 1 else 's'}"


def lacking(many: int, what: str) -> str:
    """Return that so many of a thing are missing: ``1 trade is missing``."""
    return f"{counted(many, what)} {'is' if many == 1 else 'are'} missing"
