"""`POST /api/backtesting/publish`, `ws …/api/ws/publish/{stream}`: the producers' door."""

from __future__ import annotations

import time

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from tornado import web

from workbench.errors import InvalidRequest, NotAllowed, NotFound, StorageFull, WorkbenchError
from workbench.runs import publication
from workbench.runs.admission import read_batch
from workbench.runs.publishing import (
    MAX_BATCH_BYTES,
    Ack,
    Batch,
    Command,
    Hello,
    Refused,
    encode_reply,
)
from workbench.streams.storage import passing
from workbench_server.closing import CLOSE_FAILED, CLOSE_POLICY, CLOSE_TRY_LATER
from workbench_server.handlers.base import ApiHandler
from workbench_server.handlers.sockets import SocketHandler


class NewStreamHandler(ApiHandler):
    """`POST /api/backtesting/publish`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self) -> None:
        """Open a stream for the caller to publish; the token in the reply is good for it alone."""
        opened = publication.open_stream(
            self.service,
            self.json_body(),
            pickled_allowed=not self.extensionapp.insecure_no_auth,
        )
        run_id = opened.record.id
        stream = f"{self.base_url}api/ws/stream/backtest/{run_id}"
        scheme = "wss" if self.request.protocol == "https" else "ws"
        self.set_header("Cache-Control", "no-store")
        self.reply(
            {
                "backtest_id": run_id,
                "stream_url": f"{scheme}://{self.request.host}{stream}",
                "stream_path": stream,
                "publish_path": f"{self.base_url}api/ws/publish/{run_id}",
                "token": opened.token,
                "home": opened.home,
            }
        )


class PublishHandler(SocketHandler):
    """The producer of one run, or of one market.

    Its right to publish is the stream's own token, in the Authorization header; a login to the
    server is neither needed nor enough.
    """

    max_message_size = MAX_BATCH_BYTES

    @allow_unauthenticated
    async def get(self, run_id: str) -> None:
        """Check the run's token and upgrade to a WebSocket."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        self._door = self.extensionapp.door(run_id)
        try:
            allowed = scheme == "Bearer" and self._door.may_publish(run_id, token)
            self._producer = self._door.producer_of(run_id, token)
        except NotFound:
            raise web.HTTPError(410, "no such run") from None
        if not allowed or self.request.headers.get("Origin"):
            allowed_is = "Authorization: Bearer TOKEN, of this stream, and no Origin"
            msg = "That is not this stream's publish token, or a web page sent it"
            raise NotAllowed(msg, field="Authorization", value=None, allowed=allowed_is)
        obeyed = self.get_query_argument("obeyed", "0")
        if not (obeyed.isascii() and obeyed.isdecimal() and len(obeyed) <= 16):
            wanted = "a whole number, 0 or more"
            msg = f"obeyed is {obeyed[:40]!r}, expected {wanted}"
            raise InvalidRequest(msg, field="obeyed", value=obeyed[:40], allowed=wanted)
        self._obeyed = int(obeyed)
        await super().get(run_id=run_id)

    def open(self, run_id: str) -> None:
        """Tell the producer where it stands."""
        super().open()
        self._run_id = run_id
        self._replaced = False
        self.service.producers.join(run_id, self._replace)
        last = self.service.log.position(run_id, self._producer)
        waiting = self._door.joined(run_id, self._command, self._obeyed)
        self.write_soon(encode_reply(Hello(last, waiting)))

    def on_message(self, message: str | bytes) -> None:
        """Append a batch and acknowledge it."""
        if self._replaced:
            return
        began = time.perf_counter()
        self.heard()
        counters = self.extensionapp.manager.counters
        try:
            batch, failure = _batch(message)
            self._door.publish(self._run_id, self._producer, batch.first, batch.messages, failure)
        except StorageFull as error:
            self.extensionapp.storage.full(error)
            self.close(CLOSE_TRY_LATER, "the log cannot be written now")
            return
        except WorkbenchError as error:
            counters.refused[error.code] += 1
            # The message may quote what was sent, which does not belong in a log.
            self.log.warning("batch for %s refused: %s", self._run_id, error.code)
            self.write_soon(encode_reply(Refused(str(error))))
            self.close(CLOSE_POLICY, "batch refused")
            return
        except Exception as error:
            self._failed(error)
            return
        last = batch.first + len(batch.messages) - 1
        self.write_soon(encode_reply(Ack(last)))
        counters.took(len(batch.messages), time.perf_counter() - began)

    def _failed(self, error: Exception) -> None:
        """Have the producer come back with its batch: it gives up when that fails for long."""
        later = passing(error)
        self.log.error("a batch of %s could not be taken", self._run_id, exc_info=error)
        if later:
            self.close(CLOSE_TRY_LATER, "the log cannot be written now")
        else:
            self.close(CLOSE_FAILED, "the server failed at this batch; its log says how")

    def on_close(self) -> None:
        """Note that the producer is gone."""
        super().on_close()
        if hasattr(self, "_run_id"):
            self._door.left(self._run_id, self._command)
            self.service.producers.leave(self._run_id, self._replace)

    def _replace(self, why: str, final: bool) -> None:
        """Take nothing more: a producer came back before this connection was missed, say."""
        self._replaced = True
        if final:
            self.write_soon(encode_reply(Refused(why)))
        self.close(CLOSE_POLICY, why)

    def _command(self, command: Command) -> None:
        self.write_soon(encode_reply(command))


def _batch(message: str | bytes) -> tuple[Batch, InvalidRequest | None]:
    if isinstance(message, bytes):
        msg = "Binary message, expected JSON text"
        raise InvalidRequest(msg, field=None, value=None, allowed="a batch")
    return read_batch(message)
