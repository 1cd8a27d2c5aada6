"""Whatever the structs can hold, their schemas accept; what they cannot, the schemas refuse."""

from __future__ import annotations

import json
from functools import cache

import msgspec
import pytest
from contracts import message_problems, problems
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from workbench.contract.operations import OPERATIONS
from workbench.messages import MESSAGE_TYPES, ClientMessage, decode
from workbench.runs.publishing import Reply

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def values(info):
    """Return a strategy of values, decoded from JSON, of a type as msgspec sees it."""
    match info:
        case inspect.StructType():
            fixed = {} if info.tag_field is None else {info.tag_field: st.just(info.tag)}
            needed = {f.encode_name: values(f.type) for f in info.fields if f.required}
            others = {f.encode_name: values(f.type) for f in info.fields if not f.required}
            return st.fixed_dictionaries({**fixed, **needed}, optional=others)
        case inspect.UnionType():
            return st.one_of([values(kind) for kind in info.types])
        case inspect.ListType():
            return st.lists(values(info.item_type), max_size=3)
        case inspect.DictType():
            return st.dictionaries(st.text(max_size=5), values(info.value_type), max_size=2)
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.StrType():
            return st.text(max_size=10)
        case inspect.IntType():
            return st.integers(0, 2**32 - 1)
        case inspect.FloatType():
            return FLOATS
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.AnyType():
            return JSON_VALUES
    raise AssertionError(info)


@cache
def of(kind):
    """Return a strategy of values of a type; made once, for it is used for every example."""
    return values(inspect.type_info(kind))


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
@settings(max_examples=15)
@given(data=st.data())
def test_any_message_validates(kind, data):
    value = data.draw(of(MESSAGE_TYPES[kind]))
    if kind == "connected":
        # Either of a run, or of a market.
        assume("backtest_id" in value["data"] or {"feed", "timeframes"} <= value["data"].keys())
    message = decode(json.dumps(value))
    assert message_problems(json.loads(msgspec.json.encode(message))) == []


@pytest.mark.parametrize("name", ["ClientMessage", "PublishReply"])
@settings(max_examples=50)
@given(data=st.data())
def test_any_request_and_answer_validates(name, data):
    kind = {"ClientMessage": ClientMessage, "PublishReply": Reply}[name]
    value = data.draw(of(kind))
    known = msgspec.convert(value, kind)
    assert problems(name, msgspec.to_builtins(known)) == []


REPLIES = {operation.reply for operation in OPERATIONS if operation.reply is not None}


@pytest.mark.parametrize("kind", sorted(REPLIES, key=lambda kind: kind.__name__))
@settings(max_examples=10)
@given(data=st.data())
def test_any_reply_validates(kind, data):
    value = data.draw(of(kind))
    # A result is typed more loosely than described: `data` and `extra` of the final message.
    wrong = [each for each in problems(kind.__name__, value) if ".result" not in each]
    assert wrong == []


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
@settings(max_examples=15)
@given(data=st.data())
def test_a_message_spoiled_is_refused_by_schema_and_decoder_alike(kind, data):
    value = data.draw(of(MESSAGE_TYPES[kind]))
    inner = data.draw(st.sampled_from([name for name in ("data", "extra") if name in value]))
    if not value[inner] or kind == "pong":
        return
    field = data.draw(st.sampled_from(sorted(value[inner])))
    # No field is an array of arrays.
    value[inner][field] = [[]]
    if kind == "error" and field == "details":
        value[inner][field] = 1
    with pytest.raises(msgspec.ValidationError):
        decode(json.dumps(value))
    assert message_problems(value)
