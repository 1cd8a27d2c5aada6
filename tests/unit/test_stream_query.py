"""What a stream's query may say."""

from __future__ import annotations

import pytest

from workbench.errors import InvalidRequest
from workbench.streams import StreamQuery
from workbench.streams.query import once


@pytest.mark.parametrize(
    ("given", "field"),
    [({"types": ""}, "types"), ({"speed": "5"}, "speed"), ({"speed": ""}, "speed")],
)
def test_what_asks_for_nothing_is_refused(given, field):
    with pytest.raises(InvalidRequest) as caught:
        StreamQuery.parse(given)
    assert caught.value.details["field"] == field


def test_a_parameter_given_twice_is_named():
    once({"since": [b"1"], "token": [b"a", b"b"]})
    with pytest.raises(InvalidRequest) as caught:
        once({"since": [b"1", b"2"]})
    assert caught.value.details == {"field": "since", "value": 2, "allowed": 1}
