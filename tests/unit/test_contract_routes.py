"""Every route is described, and every description has its route."""

from __future__ import annotations

import re

import pytest
from workbench_server.handlers.sockets import SocketHandler
from workbench_server.routes import routes

from workbench.contract import asyncapi, openapi
from workbench.contract.operations import OPERATIONS

METHODS = ("get", "post", "put", "patch", "delete")


def path_of(pattern):
    """Return a route's pattern as a path with names in braces, as the documents do."""
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern).replace("\\.", ".")
    return path.replace("{run_id}", "{backtest_id}")


def methods_of(handler):
    return {
        method.upper()
        for cls in handler.__mro__
        if cls.__module__.startswith("workbench_server.")
        for method in METHODS
        if method in vars(cls)
    }


def test_a_pattern_is_read_as_a_path():
    pattern = r"/api/x/(?P<run_id>[A-Za-z0-9_.-]+)/y\.json"
    assert path_of(pattern) == "/api/x/{backtest_id}/y.json"


@pytest.mark.parametrize(("pattern", "handler"), [route[:2] for route in routes])
def test_every_route_is_described(pattern, handler):
    path = path_of(pattern)
    if issubclass(handler, SocketHandler):
        addresses = {each["address"] for each in asyncapi.document()["channels"].values()}
        assert path in addresses, f"add a channel for {path} to workbench/contract/asyncapi.py"
        return
    told = {operation.method for operation in OPERATIONS if operation.path == path}
    for method in sorted(methods_of(handler) | told):
        assert method in told, (
            f"add Operation({method!r}, {path!r}, …) to workbench/contract/operations.py, "
            "and its reply's struct to workbench/contract/replies.py; then run "
            "`workbench contract --write docs/contract`"
        )
        assert method in methods_of(handler), f"{handler.__name__} has no method {method}"


def test_every_description_has_its_route():
    served = {path_of(route[0]) for route in routes}
    for path in openapi.document()["paths"]:
        assert path in served, f"{path} is described in operations.py, but not served"
    for channel in asyncapi.document()["channels"].values():
        assert channel["address"] in served


def test_operations_have_names_of_their_own():
    names = [operation.id for operation in OPERATIONS]
    assert len(names) == len(set(names))
    assert {operation.right for operation in OPERATIONS} == {"read", "execute"}


def test_what_changes_something_needs_the_right_to():
    for operation in OPERATIONS:
        assert (operation.right == "execute") == (operation.method != "GET"), operation.id
