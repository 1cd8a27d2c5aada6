"""Generated mischief: frames, near-JSON, queries and bodies; and a client that commits it."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import quote

from bodies import SPEC_BODY
from hypothesis import strategies as st
from raw_ws import CLOSE, PING, TEXT, RawSocket, frame

from workbench.messages import decode_frame

CLOSES = (None, 1000, 1001, 1002, 1007, 1008, 1009, 1013, 4404)
"""What a server may close with, whatever it is sent. 1011 would be its own fault."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["ping", "control", "pause", "resume", "step", "speed", "seek", "1e999"])
)
names = st.sampled_from(
    ["type", "action", "value", "unit", "until", "to", "data", "seq", "first", "messages"]
) | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
SAID: list[dict[str, Any]] = [
    {"type": "ping"},
    {"type": "control", "action": "speed", "value": 3},
    {"type": "control", "action": "seek", "to": {"seq": 3}},
    {"type": "control", "action": "run_until", "until": {"bars": -1}},
]


def damaged(text: str) -> st.SearchStrategy[str]:
    """Return `text` cut, repeated, or with something put in."""
    places = st.integers(0, len(text))
    return st.one_of(
        places.map(lambda at: text[:at]),
        places.map(lambda at: text[at:]),
        st.tuples(places, st.text(max_size=5)).map(lambda p: text[: p[0]] + p[1] + text[p[0] :]),
        st.integers(2, 40).map(lambda times: text * times),
        st.integers(1, 5000).map(lambda depth: "[" * depth + text),
    )


said = st.one_of(
    st.sampled_from(SAID).map(json.dumps),
    st.sampled_from(SAID).flatmap(lambda one: damaged(json.dumps(one))),
    st.dictionaries(names, values, max_size=5).map(json.dumps),
    values.map(json.dumps),
).map(lambda text: text.encode(errors="surrogatepass"))
payloads = said | st.binary(max_size=140) | st.integers(0, 70_000).map(lambda size: b"x" * size)


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Return the usual, and now and then another."""
    return st.sampled_from([usual] * 12 + list(others))


frames = st.builds(
    frame,
    st.sampled_from([1, 1, 1, 1, 1, 1, 2, 0, 8, 9, 10]) | st.integers(0, 15),
    payloads,
    fin=mostly(True, False),
    rsv=mostly(0, 0x40, 0x20, 0x10, 0x70),
    masked=mostly(True, False),
    length_bytes=mostly(None, 8),
    claims=mostly(None, 0, 5, 1 << 20, 1 << 62, (1 << 64) - 1).map(lambda size: size),
).filter(lambda made: len(made) < 80_000)
texts = st.builds(frame, st.just(TEXT), said)
bursts = st.lists(texts, min_size=1, max_size=40) | st.lists(frames, min_size=1, max_size=40)

parameters = st.sampled_from(
    ["since", "epoch", "from", "types", "format", "batch", "max_rate", "heartbeat", "speed", "x"]
)
queries = st.dictionaries(
    parameters,
    st.text(max_size=12)
    | st.sampled_from(["0", "1", "-1", "now", "1e3", "nan", "9" * 30, "trade,equity", "columns"]),
    max_size=4,
).map(
    lambda given: "&".join(
        f"{key}={quote(value, errors='surrogatepass')}" for key, value in given.items()
    )
)
bodies = st.one_of(
    values.map(json.dumps),
    damaged(json.dumps(SPEC_BODY)).filter(lambda text: text != json.dumps(SPEC_BODY)),
    st.tuples(st.sampled_from(sorted(SPEC_BODY)), values).map(
        lambda change: json.dumps({**SPEC_BODY, "symbol": "NONE-SUCH", change[0]: change[1]})
    ),
).map(lambda text: text.encode(errors="surrogatepass"))


FAR = 10**6


def _batches() -> st.SearchStrategy[bytes]:
    good = json.dumps({"first": FAR, "messages": [point(0.0)]})
    return st.one_of(
        st.integers(1, len(good) - 1).map(lambda at: frame(TEXT, good[:at].encode())),
        st.integers(FAR, 2**70).map(
            lambda first: frame(TEXT, good.replace(str(FAR), str(first), 1).encode())
        ),
        values.map(lambda v: frame(TEXT, json.dumps({"first": FAR, "messages": [v]}).encode())),
        st.binary(max_size=200).map(lambda data: frame(2, data)),
        frames,
    )


def point(equity: float, run_id: str = "x") -> dict[str, Any]:
    """Return an `equity` message as the producer of a run sends it."""
    data = {
        "backtest_id": run_id,
        "time": "2024-01-15T08:00:00Z",
        "equity": equity,
        "balance": 1.0,
        "drawdown": 0.0,
    }
    return {"type": "equity", "timestamp": "now", "data": data}


bad_batches = st.lists(_batches(), min_size=1, max_size=5)
"""Of these none may enter a log with less than a million messages."""


def attack(
    port: int, path: str, sent: list[bytes], headers: dict[str, str | None] | None = None
) -> int | None:
    """Send frames and hang up; return the close code, after checking all that came.

    Raises
    ------
    AssertionError
        The server said something that is not of the protocol.
    """
    with RawSocket(port) as raw:
        answer = raw.ask(path, headers)
        if answer.status != 101:
            assert 400 <= answer.status < 500, answer
            return None
        try:
            raw.send(b"".join(sent) + frame(PING, b"end"))
            raw.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # The server has hung up already.
        code = None
        while (one := raw.receive()) is not None:
            if one.opcode == TEXT and "publish" not in path:
                decode_frame(one.payload)
            if one.opcode == CLOSE:
                code = one.code
                assert code in CLOSES, code
        return code
