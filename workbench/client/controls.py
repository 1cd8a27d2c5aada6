"""The requests that can be made of a run, and on a stream of it."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from workbench.client.asking import seek_request, speed_request, step_request, until_request
from workbench.messages import ControlRequest, Ping

Sent = TypeVar("Sent")
"""What a method returns: nothing, or something to await."""


class RunControls(Generic[Sent]):
    """Mixed into whatever a run is controlled by: its handle and its streams."""

    def pause(self) -> Sent:
        """Stand still at the next candle."""
        return self._ask(ControlRequest("pause"))

    def resume(self) -> Sent:
        """Go on."""
        return self._ask(ControlRequest("resume"))

    def step(self, candles: int = 1) -> Sent:
        """Do so many candles, then stand still; a replay also steps back (negative).

        Raises
        ------
        InvalidRequest
            It is no number.
        """
        return self._ask(step_request(candles))

    def speed(self, pace: float | str | None = None) -> Sent:
        """Set the pace: 100 (candles a second), ``"3600x"`` (market time), None: full speed.

        Raises
        ------
        InvalidRequest
            It is none of these.
        """
        return self._ask(speed_request(pace))

    def run_until(
        self,
        *,
        time: str | datetime | None = None,
        bars: int | None = None,
        trades: int | None = None,
        drawdown: float | None = None,
    ) -> Sent:
        """Go on until one condition is met, then stand still.

        Parameters
        ----------
        time
            After the first candle that opens at or after it; ISO 8601 or a datetime, UTC
            without an offset.
        bars
            After so many further candles.
        trades
            After the candle of the n-th further fill, entry or exit.
        drawdown
            After the first candle that closes with a drawdown of at least this fraction
            (0.1 is 10 %).

        Raises
        ------
        InvalidRequest
            Not exactly one of them is given, or it is of the wrong type.
        """
        when = time.isoformat() if isinstance(time, datetime) else time
        return self._ask(until_request(time=when, bars=bars, trades=trades, drawdown=drawdown))

    def stop(self) -> Sent:
        """End the run here; what it has brought is kept."""
        return self._ask(ControlRequest("stop"))

    def _ask(self, request: ControlRequest) -> Sent:
        raise NotImplementedError


class Controls(RunControls[Sent]):
    """Mixed into the streams.

    Nothing waits for an answer: it comes in the stream, to all readers, as `control`, accepted or
    refused. While there is no connection, requests are kept for the next one. Who iterates over a
    stream that stands still waits, until `resume` is called: from another thread or task.
    """

    def seek(
        self,
        *,
        seq: int | None = None,
        time: str | datetime | None = None,
        trade: str | None = None,
    ) -> Sent:
        """Take a replay to a place; going back, `reset` comes, and the story up to there.

        A replay that has ended plays on from there; one that is paused stays so.

        Parameters
        ----------
        seq
            The message with this number is the last one told.
        time
            Market time, ISO 8601 or a datetime: all up to the candle that opens then.
        trade
            A `trade_id`: all up to its entry.

        Raises
        ------
        InvalidRequest
            Not exactly one of them is given, or it is of the wrong type.
        """
        return self._ask(seek_request(seq=seq, time=time, trade=trade))

    def ping(self) -> Sent:
        """Ask for a `pong`."""
        return self._ask(Ping())

    def _ask(self, request: ControlRequest | Ping) -> Sent:
        raise NotImplementedError
