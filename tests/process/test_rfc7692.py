"""RFC 7692: whatever is offered, the answer is legal, and what then comes is what it says."""

from __future__ import annotations

import json
import zlib

import pytest
from raw_ws import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    RSV1,
    TEXT,
    RawSocket,
    close_frame,
    frame,
)
from run_in_hand import TOKEN, run_in_hand
from websockets.sync.client import connect

from .conftest import ServerProcess

PROXIED = {"X-Forwarded-For": "192.0.2.7"}
"""To this very machine the server compresses nothing of itself."""
ASK = b'{"type":"ping"}'
MESSAGES = 200
FLAGS = {"server_no_context_takeover", "client_no_context_takeover"}
BITS = {"server_max_window_bits", "client_max_window_bits"}
PLAIN = "permessage-deflate"

LEGAL = [
    PLAIN,
    "Permessage-Deflate",
    f"{PLAIN}; client_max_window_bits",
    f"{PLAIN}; client_max_window_bits=15",
    f"{PLAIN}; client_max_window_bits=8",
    f"{PLAIN}; server_max_window_bits=15",
    f"{PLAIN}; server_max_window_bits=9",
    f'{PLAIN}; server_max_window_bits="10"',
    f"{PLAIN}; server_no_context_takeover",
    f"{PLAIN}; client_no_context_takeover",
    f"{PLAIN}; server_no_context_takeover; client_no_context_takeover",
    f"{PLAIN};server_no_context_takeover;server_max_window_bits=12;client_max_window_bits=12",
    f"{PLAIN}; server_max_window_bits=9, {PLAIN}; client_max_window_bits",
    f"x-webkit-deflate-frame, {PLAIN}; client_max_window_bits, {PLAIN}",
]
ILLEGAL = [
    f"{PLAIN}; unknown",
    f"{PLAIN}; unknown=1",
    f"{PLAIN}; server_max_window_bits",
    f"{PLAIN}; server_max_window_bits=7",
    f"{PLAIN}; server_max_window_bits=16",
    f"{PLAIN}; server_max_window_bits=010",
    f"{PLAIN}; server_max_window_bits=abc",
    f"{PLAIN}; client_max_window_bits=0",
    f"{PLAIN}; client_max_window_bits=16",
    f"{PLAIN}; server_no_context_takeover=1",
    f"{PLAIN}; client_no_context_takeover=true",
    f"{PLAIN}; server_max_window_bits=10; server_max_window_bits=10",
    f"{PLAIN}; client_no_context_takeover; client_no_context_takeover",
    "x-unknown",
    "",
    ";",
    ",,;=",
]


def parsed(header: str) -> tuple[str, dict[str, str | None]]:
    name, *rest = (part.strip() for part in header.split(";"))
    found: dict[str, str | None] = {}
    for parameter in rest:
        key, _, value = parameter.partition("=")
        assert key not in found, "a parameter twice"
        found[key] = value.strip('"') or None
    return name.lower(), found


def offers(header: str) -> list[dict[str, str | None]]:
    return [found for name, found in map(parsed, header.split(",")) if name == PLAIN]


def answers(offer: dict[str, str | None], answer: dict[str, str | None]) -> bool:
    """Tell whether `answer` is a legal acceptance of `offer` (section 7.1)."""
    if "server_no_context_takeover" in offer and "server_no_context_takeover" not in answer:
        return False
    if (most := offer.get("server_max_window_bits")) is not None:
        granted = answer.get("server_max_window_bits")
        if granted is None or int(granted) > int(most):
            return False
    if (asked := answer.get("client_max_window_bits")) is not None:
        return "client_max_window_bits" in offer and int(asked) <= int(
            offer["client_max_window_bits"] or 15
        )
    return True


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server, and the path of a stream with some messages in it."""
    process = ServerProcess(tmp_path_factory.mktemp("rfc7692"), "--insecure-no-auth")
    process.home.mkdir(parents=True, exist_ok=True)
    run_id = run_in_hand(process.home)
    process.start()
    data = {"backtest_id": run_id, "time": "2024-01-15T08:00:00Z", "balance": 1.0, "drawdown": 0.0}
    messages = [
        {"type": "equity", "timestamp": "now", "data": {**data, "equity": float(n)}}
        for n in range(MESSAGES)
    ]
    with connect(
        f"ws://127.0.0.1:{process.port}/api/ws/publish/{run_id}",
        additional_headers={"Authorization": f"Bearer {TOKEN}"},
        proxy=None,
    ) as producer:
        producer.recv(timeout=30)
        producer.send(json.dumps({"first": 1, "messages": messages}))
        assert json.loads(producer.recv(timeout=30)) == {"type": "ack", "last": MESSAGES}
    yield process.port, f"/api/ws/stream/backtest/{run_id}"
    process.stop()


class Inflater:
    """The client's end of what was agreed on."""

    def __init__(self, agreed: dict[str, str | None]) -> None:
        self._bits = -int(agreed.get("server_max_window_bits") or 15)
        self._keeps = "server_no_context_takeover" not in agreed
        self._stream = zlib.decompressobj(self._bits)

    def text(self, one) -> bytes:
        if not one.rsv:
            return one.payload
        assert one.rsv == RSV1
        if not self._keeps:
            self._stream = zlib.decompressobj(self._bits)
        return self._stream.decompress(one.payload + b"\x00\x00\xff\xff")


def deflated(payload: bytes, agreed: dict[str, str | None]) -> bytes:
    # zlib cannot make a window of 8 bits; one of 9 with so short a text reaches no further.
    bits = max(9, int(agreed.get("client_max_window_bits") or 15))
    stream = zlib.compressobj(wbits=-bits)
    return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def read_story(raw: RawSocket, agreed: dict[str, str | None] | None) -> int:
    """Read until all messages are there; return how many frames were compressed."""
    inflater, seq, compressed = Inflater(agreed or {}), 0, 0
    while seq < MESSAGES:
        one = raw.receive()
        assert one is not None
        assert one.opcode == TEXT
        assert agreed is not None or not one.rsv, "compressed, but nothing was agreed on"
        compressed += bool(one.rsv)
        message = json.loads(inflater.text(one))
        assert message["type"] in ("connected", "equity", "error")
        seq = message.get("seq", seq)
    return compressed


@pytest.mark.parametrize("offer", LEGAL)
def test_an_offer_is_answered_legally_and_kept_to(address, offer):
    port, path = address
    with RawSocket(port) as raw:
        status, headers = raw.ask(path, {"Sec-WebSocket-Extensions": offer, **PROXIED})
        assert status == 101
        header = headers.get("sec-websocket-extensions")
        agreed = None
        if header is not None:
            name, agreed = parsed(header)
            assert name == PLAIN
            assert set(agreed) <= FLAGS | BITS
            assert all(agreed[key] is None for key in FLAGS & set(agreed))
            assert all(8 <= int(agreed[key] or 0) <= 15 for key in BITS & set(agreed))
            assert any(answers(one, agreed) for one in offers(offer))
        read_story(raw, agreed)
        payload = ASK if agreed is None else deflated(ASK, agreed)
        for _ in range(3):
            raw.send(frame(TEXT, payload, rsv=0 if agreed is None else RSV1))
            one = raw.receive()
            assert one is not None
            assert json.loads(Inflater(agreed or {}).text(one))["type"] == "pong"
        raw.send(frame(PING, b"still here"))
        assert raw.frames_until(PONG)[-1].payload == b"still here"


@pytest.mark.parametrize("offer", ILLEGAL)
def test_an_illegal_offer_is_declined(address, offer):
    port, path = address
    with RawSocket(port) as raw:
        status, headers = raw.ask(path, {"Sec-WebSocket-Extensions": offer, **PROXIED})
        assert status == 101
        assert "sec-websocket-extensions" not in headers
        assert read_story(raw, None) == 0


@pytest.fixture
def deflating(address):
    """A connection on which the usual offer of browsers was accepted."""
    port, path = address
    with RawSocket(port) as raw:
        offer = f"{PLAIN}; client_max_window_bits"
        _, headers = raw.ask(path, {"Sec-WebSocket-Extensions": offer, **PROXIED})
        agreed = parsed(headers["sec-websocket-extensions"])[1]
        assert read_story(raw, agreed) > 0
        yield raw, agreed


def test_compressed_fragments_with_a_ping_between(deflating):
    raw, agreed = deflating
    payload = deflated(b'{"type":"ping","data":"' + b"x" * 500 + b'"}', agreed)
    raw.send(frame(TEXT, payload[:3], fin=False, rsv=RSV1))
    raw.send(frame(PING, b"between") + frame(CONTINUATION, payload[3:]))
    assert raw.receive().payload == b"between"
    assert json.loads(Inflater(agreed).text(raw.receive()))["type"] == "pong"


def test_uncompressed_messages_are_still_understood(deflating):
    raw, agreed = deflating
    for payload, rsv in ((ASK, 0), (deflated(ASK, agreed), RSV1), (ASK, 0)):
        raw.send(frame(TEXT, payload, rsv=rsv))
        assert json.loads(Inflater(agreed).text(raw.receive()))["type"] == "pong"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b"\xff\xff\xff\xff", rsv=RSV1), 1007),
        (frame(TEXT, deflated(b'"\xff"', {}), rsv=RSV1), 1007),
        (frame(TEXT, deflated(b"x" * (1 << 20), {}), rsv=RSV1), 1009),
        (frame(BINARY, deflated(b"\0" * (50 << 20), {}), rsv=RSV1), 1009),
        (frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x", rsv=RSV1), 1002),
        (frame(PING, b"x", rsv=RSV1), 1002),
    ],
    ids=["no deflate data", "not UTF-8", "a bomb", "a larger bomb", "late RSV1", "ping with RSV1"],
)
def test_bad_compressed_data_is_answered_by_code(deflating, sent, code):
    raw, _ = deflating
    raw.send(sent)
    last = raw.frames_until(CLOSE)[-1]
    assert (last.opcode, last.code) == (CLOSE, code)
    raw.send(close_frame(1000))
    assert raw.receive() is None
