"""A replay as the server would tell it, of a made-up run: a place a candle, no log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

Message = dict[str, Any]
TICK_S = 0.04


def iso(time_ms: int) -> str:
    """Return epoch ms as the wire writes it."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeReplay:
    """Tells steps with a clock that counts candles, and does what it is asked for.

    Parameters
    ----------
    steps
        The messages of each candle.
    times
        Open time of each candle, epoch ms.
    merged
        Puts a batch into the form that was asked for.
    say
        Sends messages.
    """

    def __init__(
        self,
        steps: list[list[Message]],
        times: list[int],
        merged: Callable[[list[Message]], list[Message]],
        say: Callable[..., Awaitable[None]],
    ) -> None:
        self._steps = steps
        self._times = times
        self._merged = merged
        self._say = say
        self._asked: list[Message] = []
        self._playing = True
        self._speed: tuple[float | None, str | None] = (None, None)
        self._clock = 0.0
        self._told = 0

    def ask(self, request: Message) -> None:
        """Take a control."""
        self._asked.append(request)

    async def play(self, speed: str) -> None:
        """Tell the run, until cancelled."""
        value = float(speed.removesuffix("x")) or None
        self._speed = (value, "x" if speed.endswith("x") and value else None)
        last = time.monotonic()
        await self._tell(1)
        while True:
            now = time.monotonic()
            if self._playing:
                rate = self._rate
                self._clock = (
                    len(self._steps) if rate is None else self._clock + (now - last) * rate
                )
                await self._tell(int(self._clock) + 1)
                await self._describe()
            last = now
            while self._asked:
                await self._answer(self._asked.pop(0))
                await self._describe()
            await asyncio.sleep(TICK_S)

    @property
    def _rate(self) -> float | None:
        value, unit = self._speed
        return value if value is None or unit is None else value * 1000 / 3_600_000

    async def _tell(self, upto: int) -> None:
        upto = min(upto, len(self._steps))
        batch = [m for step in self._steps[self._told : upto] for m in step]
        self._told = upto
        await self._say(*self._merged(batch))
        if upto == len(self._steps):
            self._playing = False
            self._clock = upto - 1

    async def _describe(self) -> None:
        place = self._told - 1
        ended = self._told == len(self._steps)
        data: Message = {
            "state": "ended" if ended else "playing" if self._playing else "paused",
            "seq": self._steps[place][-1]["seq"], "last_seq": self._steps[-1][-1]["seq"],
            "time": iso(self._times[place]), "start": iso(self._times[0]),
            "end": iso(self._times[-1]), "speed": self._speed[0],
        }  # fmt: skip
        if self._speed[1] is not None:
            data["unit"] = self._speed[1]
        await self._say({"type": "replay", "data": data})

    async def _answer(self, request: Message) -> None:
        action, value = request["action"], request.get("value")
        refused = None
        if action == "pause":
            self._playing = False
        elif action == "resume":
            self._playing = True
        elif action == "speed":
            self._speed = (value or None, request.get("unit"))
        elif action == "step":
            self._playing = False
            await self._go(int(self._clock) + int(value), action)
        elif action == "seek":
            await self._go(self._place(request["to"]), action)
        else:
            refused = f"A replay has no {action}"
        data: Message = {"action": action, "accepted": refused is None}
        if refused is not None:
            data["reason"] = refused
        await self._say({"type": "control", "data": data})

    def _place(self, to: Message) -> int:
        if "seq" in to:
            return next(i for i, step in enumerate(self._steps) if step[-1]["seq"] >= to["seq"])
        wanted = datetime.fromisoformat(to["time"]).timestamp() * 1000
        return max(i for i, moment in enumerate(self._times) if moment <= wanted)

    async def _go(self, place: int, action: str) -> None:
        place = max(0, min(place, len(self._steps) - 1))
        if place < self._told - 1:
            seq = self._steps[place][-1]["seq"]
            await self._say({"type": "reset", "data": {"reason": action, "seq": seq}})
            self._told = 0
        self._clock = place
        await self._tell(place + 1)
