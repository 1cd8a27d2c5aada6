"""How a route is described."""

from __future__ import annotations

from typing import Any, NamedTuple

from workbench.contract.parameters import Parameter
from workbench.errors import WorkbenchError

JSON = "application/json"
HTML = "text/html"


class Operation(NamedTuple):
    """One method of one route.

    Attributes
    ----------
    method, path
        As in ``GET /api/backtesting/{backtest_id}``.
    id
        Name of the operation, for generated clients.
    summary
        What it does, in a sentence.
    reply
        The struct of the reply, None where there is no body.
    query
        Query parameters.
    body, omit
        The struct of the request's body, and its fields that have no place there.
    right
        ``read`` or ``execute``, on the resource ``workbench``.
    errors
        Kinds of errors it may reply with; those without the right are refused everywhere.
    media
        Content type of the reply.
    status
        Of a reply without an error.
    description
        More than the summary says.
    """

    method: str
    path: str
    id: str
    summary: str
    reply: Any = None
    query: tuple[Parameter, ...] = ()
    body: Any = None
    omit: tuple[str, ...] = ()
    right: str = "read"
    errors: tuple[type[WorkbenchError], ...] = ()
    media: str = JSON
    status: int = 200
    description: str = ""
