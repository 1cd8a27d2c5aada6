"""Examples, printed and our own, and what the engine emits, fit the schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from contracts import message_problems, problems

from workbench.contract import examples
from workbench.contract.operations import OPERATIONS
from workbench.data import catalog
from workbench.messages import (
    MESSAGE_TYPES,
    ControlAction,
    Message,
    decode,
    decode_request,
    encode,
)
from workbench.runs.publishing import Reply, batch_decoder, encode_reply, reply_decoder
from workbench.runs.reading import open_folder, read_log

PRINTED = Path(__file__).parents[1] / "spec_examples"
MESSAGES = sorted(
    path.name
    for path in PRINTED.glob("*.json")
    if path.name not in ("start_reply.json", "stream_status.json")
)


def printed(name):
    return json.loads((PRINTED / name).read_text())


@pytest.mark.parametrize("name", MESSAGES)
def test_a_printed_message_is_valid(name):
    assert message_problems(printed(name), strict=False) == []


@pytest.mark.parametrize("name", MESSAGES)
def test_a_printed_message_without_one_of_its_fields_is_not(name):
    message = printed(name)
    for field in list(message["data"]):
        rest = {key: value for key, value in message["data"].items() if key != field}
        assert message_problems({**message, "data": rest}, strict=False), field


@pytest.mark.parametrize(
    ("name", "schema"), [("start_reply.json", "StartReply"), ("stream_status.json", "StatusReply")]
)
def test_a_printed_reply_is_valid(name, schema):
    assert problems(schema, printed(name), strict=False) == []


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
def test_every_message_type_has_an_example(kind):
    assert kind in examples.MESSAGES, f"add a {kind!r} to workbench/contract/examples.py"
    assert examples.MESSAGES[kind].type == kind


@pytest.mark.parametrize("name", examples.MESSAGES)
def test_an_example_decodes_re_encodes_and_validates(name):
    message = examples.MESSAGES[name]
    wire = encode(message)
    assert encode(decode(wire)) == wire
    assert message_problems(json.loads(wire)) == []


def test_examples_are_numbered_as_a_log_numbers():
    for name, message in examples.MESSAGES.items():
        assert isinstance(message, Message)
        event = message.delivery_of(message.key).value == "event"
        assert isinstance(message.eseq, int) == event, name


@pytest.mark.parametrize("name", examples.REQUESTS)
def test_a_requests_example_decodes_and_validates(name):
    request = examples.REQUESTS[name]
    value = examples.plain(request)
    assert decode_request(json.dumps(value)) == request
    assert problems("ClientMessage", value) == []


def test_every_control_has_an_example():
    actions = {getattr(each, "action", None) for each in examples.REQUESTS.values()}
    assert set(get_args(ControlAction)) <= actions


def test_everything_said_to_a_producer_has_an_example():
    kinds = {str(cls.__struct_config__.tag): cls for cls in get_args(Reply)}
    assert examples.PUBLISHING.keys() == kinds.keys(), (
        "one example each in PUBLISHING of workbench/contract/examples.py"
    )
    for kind, example in examples.PUBLISHING.items():
        wire = encode_reply(example)
        assert reply_decoder.decode(wire) == example
        assert problems("PublishReply", json.loads(wire)) == [], kind


def test_the_batch_decodes_and_validates():
    value = examples.plain(examples.BATCH)
    assert batch_decoder.decode(json.dumps(value)) == examples.BATCH
    assert problems("Batch", value) == []


def test_the_start_bodys_example_validates():
    assert problems("StartRequest", examples.START) == []
    assert problems("StartRequest", {**examples.START, "symbols": []})


def test_a_frame_may_hold_several():
    one = examples.plain(examples.MESSAGES["trade"])
    assert problems("Frame", one) == problems("Frame", [one, one]) == []
    assert problems("Frame", {"type": "nonsense"})


def test_what_the_engine_emits_validates(home, record):
    run = record()
    service = open_folder(home)
    try:
        messages = list(read_log(service, run))
    finally:
        service.close()
    assert {message.type for message in messages} >= {
        "status", "progress", "trade", "equity", "metrics", "complete",
    }  # fmt: skip
    for message in messages:
        assert message_problems(json.loads(encode(message))) == []


def test_every_reply_is_among_the_schemas():
    from workbench.contract.replies import REPLIES

    assert {operation.reply for operation in OPERATIONS if operation.reply} <= set(REPLIES)


def test_the_connected_example_is_true_of_its_symbol():
    data = examples.MESSAGES["connected"].data
    known = catalog.find(data.symbol)
    assert (data.synthetic, data.source) == (known.kind == "synthetic", known.source)
