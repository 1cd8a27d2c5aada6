"""RFC 6455 over a raw socket: Autobahn's list of server cases, rebuilt.

Every row of `CASES` says what is sent and what must come back. What must come back is either a
close code, or what a server that goes on has answered: the types of its messages and the payloads
of its pongs.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import NamedTuple

import pytest
from raw_ws import (
    BINARY,
    CLOSE,
    CONTINUATION,
    KEY,
    PING,
    PONG,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    RawSocket,
    accept_of,
    close_frame,
    frame,
)
from run_in_hand import run_in_hand

from .conftest import ServerProcess

LIMIT = 64 * 1024
ASK = b'{"type":"ping"}'
GREEK = '{"type":"ping","data":"κόσμε 𝄞"}'.encode()


class Goes(NamedTuple):
    """The connection goes on, and has answered this."""

    types: tuple[str, ...] = ()
    pongs: tuple[bytes, ...] = ()


def sized(size: int) -> bytes:
    """Return a request of so many bytes."""
    rest = b'{"type":"ping","data":""}'
    return rest.replace(b'""', b'"' + b"x" * (size - len(rest)) + b'"')


def split(payload: bytes, *places: int, between: bytes = b"", opcode: int = TEXT) -> bytes:
    """Return a message in fragments cut at `places`, with other frames between them."""
    edges = [0, *places, len(payload)]
    pieces = [payload[a:b] for a, b in pairwise(edges)]
    frames = [
        frame(opcode if n == 0 else CONTINUATION, piece, fin=n == len(pieces) - 1)
        for n, piece in enumerate(pieces)
    ]
    return between.join(frames)


PONGED, WRONG = Goes(("pong",)), Goes(("error",))
CASES: list[tuple[str, bytes, Goes | int]] = [
    # 1 Framing: every encoding of a length
    ("text of 0 bytes", frame(TEXT), WRONG),
    *((f"text of {n} bytes", frame(TEXT, sized(n)), PONGED) for n in (125, 126, 127, 128)),
    *((f"text of {n} bytes", frame(TEXT, sized(n)), PONGED) for n in (65535, LIMIT)),
    *((f"binary of {n} bytes", frame(BINARY, b"\xfe" * n), WRONG) for n in (0, 125, 126, 127)),
    *((f"binary of {n} bytes", frame(BINARY, b"\xfe" * n), WRONG) for n in (65535, LIMIT)),
    ("text over the limit", frame(TEXT, sized(LIMIT + 1)), 1009),
    ("binary over the limit", frame(BINARY, b"\xfe" * (LIMIT + 1)), 1009),
    ("length of 62 bits", frame(TEXT, claims=1 << 62), 1009),
    ("length of 64 bits", frame(TEXT, claims=1 << 63), 1002),
    ("short text, 16-bit length", frame(TEXT, ASK, length_bytes=2), PONGED),
    ("short text, 64-bit length", frame(TEXT, ASK, length_bytes=8), PONGED),
    # 2 Pings and pongs
    ("ping without payload", frame(PING), Goes(pongs=(b"",))),
    ("ping with text", frame(PING, b"Hello"), Goes(pongs=(b"Hello",))),
    ("ping with binary", frame(PING, b"\x00\xff\xfe\xfd"), Goes(pongs=(b"\x00\xff\xfe\xfd",))),
    ("ping of 125 bytes", frame(PING, b"\xfe" * 125), Goes(pongs=(b"\xfe" * 125,))),
    ("ping of 126 bytes", frame(PING, b"\xfe" * 126), 1002),
    ("pong not asked for", frame(PONG) + frame(PONG, b"x"), Goes()),
    ("pong, then ping", frame(PONG, b"x") + frame(PING, b"y"), Goes(pongs=(b"y",))),
    ("pong of 126 bytes", frame(PONG, b"\xfe" * 126), 1002),
    # 3 Reserved bits
    *((f"text with reserved {b:#x}", frame(TEXT, ASK, rsv=b), 1002) for b in (RSV2, RSV3, 0x70)),
    ("text with RSV1, nothing agreed", frame(TEXT, ASK, rsv=RSV1), 1002),
    *((f"ping with reserved {b:#x}", frame(PING, rsv=b), 1002) for b in (RSV1, RSV2, RSV3)),
    *((f"close with reserved {b:#x}", frame(CLOSE, rsv=b), 1002) for b in (RSV1, RSV2, RSV3)),
    ("continuation with RSV1", frame(TEXT, b"{", fin=False) + frame(0, b"}", rsv=RSV1), 1002),
    ("good text, then a reserved bit", frame(TEXT, ASK) + frame(TEXT, ASK, rsv=RSV2), 1002),
    # 4 Opcodes
    *((f"opcode {n}", frame(n, b"x"), 1002) for n in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
    *((f"opcode {n}, not final", frame(n, b"x", fin=False), 1002) for n in (3, 11)),
    # 5 Fragmentation
    ("text in two", split(ASK, 5), PONGED),
    ("text byte by byte", split(ASK, *range(1, len(ASK))), PONGED),
    ("text with empty fragments", split(ASK, 0, 0, 7, 7, len(ASK)), PONGED),
    ("three empty fragments", split(b"", 0, 0), WRONG),
    ("text in 1000 frames", split(sized(1000), *range(1, 1000)), PONGED),
    ("text in more frames", split(sized(1001), *range(1, 1001)), 1008),
    ("empty fragments without end", frame(TEXT, fin=False) + 1000 * frame(0, fin=False), 1008),
    ("binary in two", split(b"\xff" * 9, 5, opcode=BINARY), WRONG),
    (
        "pings between fragments",
        split(ASK, 5, 9, between=frame(PING, b"between")),
        Goes(("pong",), (b"between", b"between")),
    ),
    ("pong between fragments", split(ASK, 5, between=frame(PONG)), PONGED),
    ("close between fragments", split(ASK, 5, between=close_frame(1000)), 1000),
    ("ping in two", frame(PING, b"a", fin=False) + frame(CONTINUATION, b"b"), 1002),
    ("pong in two", frame(PONG, b"a", fin=False) + frame(CONTINUATION, b"b"), 1002),
    ("close in two", frame(CLOSE, fin=False), 1002),
    ("continuation of nothing", frame(CONTINUATION, b"x"), 1002),
    ("continuation of nothing, not final", frame(CONTINUATION, b"x", fin=False), 1002),
    ("continuation after a whole message", frame(TEXT, ASK) + frame(CONTINUATION, b"x"), 1002),
    ("text within a text", frame(TEXT, b"{", fin=False) + frame(TEXT, ASK), 1002),
    ("binary within a text", frame(TEXT, b"{", fin=False) + frame(BINARY, b"x"), 1002),
    ("fragments over the limit together", split(sized(LIMIT + 1), LIMIT // 2), 1009),
    ("fragments up to the limit", split(sized(LIMIT), LIMIT // 2), PONGED),
    # 6 UTF-8
    ("UTF-8 of two to four bytes", frame(TEXT, GREEK), PONGED),
    ("UTF-8 cut within characters", split(GREEK, *range(1, len(GREEK))), PONGED),
    ("noncharacters", frame(TEXT, '{"type":"ping","data":"\uffff"}'.encode()), PONGED),
    *(
        (f"not UTF-8: {bad.hex()}", frame(TEXT, b'"' + bad + b'"'), 1007)
        for bad in (
            b"\x80", b"\xbf", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf",  # overlong
            b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80",  # surrogates
            b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff",  # beyond Unicode
            b"\xce", b"\xe2\x82", b"\xf0\x9d\x84",  # unfinished
        )
    ),
    ("not UTF-8, in the second fragment", split(b'"\xce\xba\xff"', 2), 1007),
    ("not UTF-8, cut between fragments", split(b'"\xed\xa0\x80"', 2, 3), 1007),
    ("UTF-8 unfinished at the end", split(b'"\xf0\x9d\x84', 2), 1007),
    # 7 Closing
    ("close without code", close_frame(), 0),
    ("close of one byte", frame(CLOSE, b"\x03"), 1002),
    ("close, then a ping", close_frame(1000) + frame(PING, b"late"), 1000),
    ("close, then a text", close_frame(1000) + frame(TEXT, ASK), 1000),
    ("close, then close", close_frame(1000) + close_frame(1000), 1000),
    ("close with a reason", close_frame(1000, "κόσμε".encode()), 1000),
    ("close with a reason of 123 bytes", close_frame(1000, b"x" * 123), 1000),
    ("close with a reason of 124 bytes", close_frame(1000, b"x" * 124), 1002),
    ("close with a reason not UTF-8", close_frame(1000, b"\xce\xba\xff"), 1007),
    *(
        (f"close with {n}", close_frame(n), n)
        for n in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    ),
    *(
        (f"close with {n}, which may not be sent", close_frame(n), 1002)
        for n in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    ),
    # Masks
    *(
        (f"opcode {n} not masked", frame(n, p, masked=False), 1002)
        for n, p in ((TEXT, ASK), (BINARY, b"x"), (PING, b"x"), (PONG, b""), (CLOSE, b"\x03\xe8"))
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server and the path of a stream in which nothing happens by itself."""
    process = ServerProcess(tmp_path_factory.mktemp("rfc6455"), "--insecure-no-auth")
    process.home.mkdir(parents=True, exist_ok=True)
    run_id = run_in_hand(process.home)
    process.start()
    yield process.port, f"/api/ws/stream/backtest/{run_id}"
    process.stop()


@pytest.fixture
def peer(address):
    port, path = address
    with RawSocket(port) as raw:
        answer = raw.ask(path)
        assert answer.status == 101
        first = raw.receive()
        assert json.loads(first.payload)["type"] == "connected"
        yield raw


def check(raw: RawSocket, must: Goes | int) -> None:
    if isinstance(must, int):
        last = raw.frames_until(CLOSE)[-1]
        assert last.opcode == CLOSE
        assert (last.code or 0) == must
        last.payload[2:].decode()
        raw.send(close_frame(1000))
        assert raw.receive() is None, "nothing may follow a close frame"
        return
    raw.send(frame(PING, b"the end"))
    *found, last = raw.frames_until(PONG, b"the end")
    assert last.payload == b"the end"
    assert all(one.fin and not one.rsv for one in found)
    types = [json.loads(one.payload)["type"] for one in found if one.opcode == TEXT]
    pongs = [one.payload for one in found if one.opcode == PONG]
    assert (types, pongs) == (list(must.types), list(must.pongs))


@pytest.mark.parametrize(("sent", "must"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_case(peer, sent, must):
    peer.send(sent)
    check(peer, must)


def test_a_message_in_segments_of_a_byte(peer):
    for byte in split(GREEK, 9, between=frame(PING, b"x")):
        peer.send(bytes((byte,)))
    check(peer, Goes(("pong",), (b"x",)))


def test_the_names_of_the_cases_are_unique():
    assert len({name for name, _, _ in CASES}) == len(CASES)


GOOD = [
    {},
    {"Upgrade": "WebSocket", "Connection": "upgrade"},
    {"Connection": "keep-alive, Upgrade"},
    {"Sec-WebSocket-Protocol": "chat, superchat"},
    {"Sec-WebSocket-Extensions": "x-unknown; a=1"},
]


@pytest.mark.parametrize("changes", GOOD, ids=str)
def test_a_good_handshake_is_accepted(address, changes):
    port, path = address
    with RawSocket(port) as raw:
        status, headers = raw.ask(path, changes)
        assert status == 101
        assert headers["upgrade"].lower() == "websocket"
        assert headers["connection"].lower() == "upgrade"
        assert headers["sec-websocket-accept"] == accept_of(KEY)
        assert "sec-websocket-protocol" not in headers
        assert "x-unknown" not in headers.get("sec-websocket-extensions", "")


BAD = [
    ({"Sec-WebSocket-Key": None}, 400),
    ({"Sec-WebSocket-Key": ""}, 400),
    ({"Sec-WebSocket-Key": "c2hvcnQ="}, 400),
    ({"Sec-WebSocket-Key": "not base64 at all!!!!!!!"}, 400),
    ({"Sec-WebSocket-Version": None}, 426),
    ({"Sec-WebSocket-Version": "8"}, 426),
    ({"Sec-WebSocket-Version": "14"}, 426),
    ({"Upgrade": None}, 400),
    ({"Upgrade": "h2c"}, 400),
    ({"Connection": None}, 400),
    ({"Connection": "keep-alive"}, 400),
    ({"Host": None}, 400),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
]


@pytest.mark.parametrize(("changes", "must"), BAD, ids=str)
def test_a_bad_handshake_is_refused(address, changes, must):
    port, path = address
    with RawSocket(port) as raw:
        status, headers = answer = raw.ask(path, changes)
        assert status == must
        assert "sec-websocket-accept" not in headers
        if "Host" not in changes:  # Which is refused before anything knows what is asked for.
            said = json.loads(raw.body(answer))
            assert said["error"]
            assert said["code"] == ("not_allowed" if must == 403 else "invalid_request")
            assert "allowed" in said["details"]
        if must == 426:
            assert headers["sec-websocket-version"] == "13"


def test_a_handshake_needs_http_1_1(address):
    port, path = address
    with RawSocket(port) as raw:
        assert raw.ask(path, version="HTTP/1.0").status == 400


def test_a_handshake_is_a_get(address):
    port, path = address
    with RawSocket(port) as raw:
        assert raw.ask(path, {"Content-Length": "0"}, method="POST").status in (403, 405)
