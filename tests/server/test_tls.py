"""Over TLS nothing is written past Tornado; what readers get is the same."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import zlib

import pytest
from tornado.httpserver import HTTPServer
from tornado.iostream import SSLIOStream
from tornado.netutil import bind_sockets
from websockets.asyncio.client import connect as ws_connect
from websockets.exceptions import ConnectionClosed

from workbench.client.server import Server
from workbench.client.stream import Stream
from workbench.errors import ServerUnreachable
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Control,
    ControlData,
    FinalMetrics,
    TradeChecksum,
)

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to certify with")

FAR = {"X-Forwarded-For": "203.0.113.9"}
"""A proxy's word that the reader is not on this machine: then the server compresses."""
EVENTS = 8000


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """Return a key and a certificate for 127.0.0.1 that only it itself vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


@pytest.fixture
def trusting(certified):
    return ssl.create_default_context(cafile=certified[1])


@pytest.fixture
def port(jp_serverapp, jp_asyncio_loop, certified):
    """The port of the same server, with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified[1], certified[0])
    server = HTTPServer(jp_serverapp.web_app, ssl_options=context)
    sockets = bind_sockets(0, "127.0.0.1", socket.AF_INET)
    server.add_sockets(sockets)
    yield sockets[0].getsockname()[1]
    server.stop()
    jp_asyncio_loop.run_until_complete(server.close_all_connections())


def text(number):
    # 0.6 kB that compresses to a third: some MB in all, more than the sockets' buffers hold.
    return "".join(f"{zlib.crc32(b'%d' % (97 * number + i)):08x}" for i in range(75))


def event(number):
    return Control("t", data=ControlData("step", True, float(number), reason=text(number)))


def complete():
    sums = TradeChecksum()
    extra = CompleteExtra("complete", 0, 1.0, sums.count, sums.value)
    data = CompleteData("r", FinalMetrics(0, 0, 0, *[0.0] * 10))
    return Complete("t", data=data, extra=extra)


@pytest.fixture
def listen(jp_serverapp, port, run, trusting, jp_auth_header):
    def open_stream(headers=None, **options):
        address = f"wss://127.0.0.1:{port}{jp_serverapp.base_url}api/ws/stream/backtest/{run}"
        return ws_connect(
            address, ssl=trusting, proxy=None, max_queue=1,
            additional_headers={**jp_auth_header, **(headers or {})}, **options,
        )  # fmt: skip

    return open_stream


def outlets(app):
    return [reader.connection._outlet for reader in app.manager._readers.values()]


async def tell_all(say):
    for start in range(0, EVENTS, 500):
        say(*map(event, range(start, start + 500)))
        await asyncio.sleep(0)
    say(complete())


async def read_all(socket):
    messages = []
    try:
        while True:
            messages.append(json.loads(await socket.recv()))
    except ConnectionClosed as closed:
        return messages, closed.rcvd and closed.rcvd.code


@pytest.mark.parametrize("compressed", [False, True])
async def test_who_reads_late_is_told_the_whole_story(app, say, listen, compressed):
    options = {"compression": "deflate" if compressed else None}
    async with listen(FAR if compressed else None, **options) as late:
        await late.recv()
        (outlet,) = outlets(app)
        stream = outlet._stream
        assert isinstance(stream, SSLIOStream)
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        await tell_all(say)
        while not outlet.behind:
            await asyncio.sleep(0.01)
        messages, code = await read_all(late)
    assert code == 1000
    assert bool(late.protocol.extensions) == compressed
    # What goes past Tornado is not in its count.
    assert stream._total_write_index > app.manager.counters.delivered_bytes["backtest"] > 0
    assert [m["seq"] for m in messages] == list(range(1, EVENTS + 2))
    assert [m["data"]["reason"] for m in messages[:-1]] == [text(n) for n in range(EVENTS)]


@pytest.mark.parametrize("compressed", [False, True])
async def test_who_follows_is_told_each_message(say, listen, compressed):
    options = {"compression": "deflate" if compressed else None}
    headers = FAR if compressed else None
    async with listen(headers, **options) as one, listen(headers, **options) as other:
        for socket_ in (one, other):
            await socket_.recv()
        for number in range(5):
            say(event(number))
            for socket_ in (one, other):
                assert json.loads(await socket_.recv())["data"]["reason"] == text(number)
        say(complete())
        for socket_ in (one, other):
            messages, code = await read_all(socket_)
            assert ([m["type"] for m in messages], code) == (["complete"], 1000)


async def test_our_client_reads_and_checks_the_story(
    say, run, port, jp_serverapp, certified, monkeypatch
):
    say(*map(event, range(50)), complete())
    url = f"https://127.0.0.1:{port}{jp_serverapp.base_url}"
    server = Server(url, jp_serverapp.identity_provider.token)
    with pytest.raises(ServerUnreachable, match=r"certificate .* is not trusted"):
        await asyncio.to_thread(list, Stream(server, run))
    monkeypatch.setenv("SSL_CERT_FILE", str(certified[1]))
    found = await asyncio.to_thread(list, Stream(server, run))
    assert [m.data.reason for m in found if isinstance(m, Control)] == [*map(text, range(50))]
    assert found[-1].seq == 51
    assert found[-1].data.metrics.total_trades == 0
