"""The requests that can be made on a stream."""

from __future__ import annotations

from typing import Generic, TypeVar

from workbench.client.asking import seek_request, speed_request, until_request
from workbench.messages import ControlRequest, Ping

Sent = TypeVar("Sent")
"""What a method returns: nothing, or something to await."""


class Controls(Generic[Sent]):
    """Mixed into the streams.

    Nothing waits for an answer: it comes in the stream, to all readers, as `control`, accepted or
    refused. While there is no connection, requests are kept for the next one.
    """

    def pause(self) -> Sent:
        """Stand still at the next candle."""
        return self._ask(ControlRequest("pause"))

    def resume(self) -> Sent:
        """Go on."""
        return self._ask(ControlRequest("resume"))

    def step(self, candles: int = 1) -> Sent:
        """Do so many candles, then stand still; a replay also steps back (negative).

        Who iterates waits then, until `resume` is called: from another thread or task.
        """
        return self._ask(ControlRequest("step", float(candles)))

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
        time: str | None = None,
        bars: int | None = None,
        trades: int | None = None,
        drawdown: float | None = None,
    ) -> Sent:
        """Go on until one condition is met, then stand still.

        Parameters
        ----------
        time
            ISO 8601: after the first candle that opens at or after it.
        bars
            After so many further candles.
        trades
            After the candle of the n-th further fill.
        drawdown
            After the first candle that closes with a drawdown of at least this fraction.

        Raises
        ------
        InvalidRequest
            Not exactly one of them is given.
        """
        return self._ask(until_request(time=time, bars=bars, trades=trades, drawdown=drawdown))

    def seek(
        self, *, seq: int | None = None, time: str | None = None, trade: str | None = None
    ) -> Sent:
        """Take a replay to a place; going back, `reset` comes, and the story up to there.

        A replay that has ended plays on from there; one that is paused stays so.

        Parameters
        ----------
        seq
            The message with this number is the last one told.
        time
            ISO 8601, market time: all up to the candle that opens then.
        trade
            A `trade_id`: all up to its entry.

        Raises
        ------
        InvalidRequest
            Not exactly one of them is given.
        """
        return self._ask(seek_request(seq=seq, time=time, trade=trade))

    def stop(self) -> Sent:
        """End the run here; what it has brought is kept."""
        return self._ask(ControlRequest("stop"))

    def ping(self) -> Sent:
        """Ask for a `pong`."""
        return self._ask(Ping())

    def _ask(self, request: ControlRequest | Ping) -> Sent:
        raise NotImplementedError
