"""What is said of a control that cannot be read: the field, what stands and what belongs there."""

from __future__ import annotations

import msgspec
import pytest

from workbench.errors import InvalidRequest
from workbench.messages import decode_request
from workbench.runs.spoken import explained, read_control

REST = ["action", "value", "unit", "until"]


@pytest.mark.parametrize(
    ("body", "field", "value", "allowed"),
    [
        ('{"action":"step","value":"5"}', "value", "5", "a number: candles to step, or the speed"),
        ('{"value":3}', "action", None, "the name of an action, such as pause"),
        ('{"action":5}', "action", 5, "the name of an action, such as pause"),
        ('{"action":"x","unit":[1]}', "unit", "[1]", "x, or none"),
        ('{"action":"x","vale":3}', "vale", 3, REST),
        ('{"action":"x","to":{"seq":1}}', "to", "{'seq': 1}", REST),
        ('{"action":"x","until":{"bars":"x"}}', "until.bars", "x", "a whole number"),
        (
            '{"action":"x","until":{"b":1}}', "until.b", 1,
            ["time", "bars", "trades", "drawdown"],
        ),
        ("[1]", None, "[1]", "a JSON object"),
        ('{"act', None, None, "a JSON object"),
        ("\ud800".encode("utf-8", "surrogatepass"), None, None, "a JSON object"),
    ],
)  # fmt: skip
def test_a_body_is_explained(body, field, value, allowed):
    with pytest.raises(InvalidRequest) as caught:
        read_control(body.encode() if isinstance(body, str) else body)
    assert caught.value.details == {"field": field, "value": value, "allowed": allowed}
    assert "`" not in str(caught.value)


def test_a_message_of_a_reader_has_more_fields():
    for text, field in (('{"to":{"seq":"a"}', "to.seq"), ('{"session":3', "session")):
        said = text + ',"type":"control","action":"seek"}'
        with pytest.raises(msgspec.DecodeError) as caught:
            decode_request(said)
        assert explained(caught.value, said).details["field"] == field


def test_what_is_long_is_shortened():
    with pytest.raises(InvalidRequest) as caught:
        read_control(b'{"action":"step","value":"%s"}' % (b"x" * 50_000))
    assert len(str(caught.value.details)) < 300
    assert len(str(caught.value)) < 300
