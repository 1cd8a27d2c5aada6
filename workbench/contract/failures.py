"""The table of errors, made from the tree in `workbench.errors`."""

from __future__ import annotations

from typing import NamedTuple

from workbench.contract import docstrings
from workbench.errors import WorkbenchError
from workbench.streams.log import OutOfOrder


class Failure(NamedTuple):
    """A kind of error.

    Attributes
    ----------
    code
        Stable name on the wire.
    status
        HTTP status of a reply that carries it.
    description
        When it is raised.
    parent
        Code of the more general kind, empty for the root.
    """

    code: str
    status: int
    description: str
    parent: str


ROOMS = ("workbench.errors", OutOfOrder.__module__)
"""Where the kinds of errors that go over the wire are defined."""


def failures() -> list[Failure]:
    """Return all kinds of errors, each after the more general one."""
    return [
        Failure(
            kind.code,
            kind.status,
            docstrings.summary(kind),
            "" if kind is WorkbenchError else kind.__base__.code,  # type: ignore[union-attr]
        )
        for kind in _kinds(WorkbenchError)
    ]


def codes_below(kind: type[WorkbenchError], status: int) -> list[str]:
    """Return the codes of a kind and of the kinds below it that reply with `status`."""
    return [each.code for each in _kinds(kind) if each.status == status]


def _kinds(root: type[WorkbenchError]) -> list[type[WorkbenchError]]:
    children = [kind for kind in root.__subclasses__() if kind.__module__ in ROOMS]
    return [root, *(kind for child in children for kind in _kinds(child))]
