"""``workbench runs pause | resume | step | speed | until | stop``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from workbench.cli.sources import runs_of
from workbench.errors import Conflict, InvalidRequest
from workbench.messages import ControlRequest, Until

Request = Callable[[argparse.Namespace], ControlRequest]


def add(action: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the actions; `action` is called with name, handler, help and how many ids it takes."""
    action("pause", _asking(_plain("pause")), "have runs stand still at the next candle", "+")
    action("resume", _resume, "have runs go on, and ended sweeps that are not done", "+")
    action("stop", _asking(_plain("stop")), "end runs where they are", "+")
    step = action("step", _asking(_step), "have a run do some candles, then stand still", "")
    step.add_argument("candles", type=_count, nargs="?", default=1, metavar="N", help="[1]")
    speed = action("speed", _asking(_speed), "set how fast a run goes", "")
    speed.add_argument(
        "pace", metavar="PACE", type=_pace,
        help="candles a second (100), multiples of market time (3600x), or max",
    )  # fmt: skip
    until = action(
        "until", _asking(_until), "have a run go on until something happens, then stand still", ""
    )
    conditions = until.add_mutually_exclusive_group(required=True)
    conditions.add_argument("--time", help="a candle opens at this time or later (ISO 8601, UTC)")
    conditions.add_argument("--bars", type=_count, metavar="N", help="so many further candles")
    conditions.add_argument(
        "--trades", type=_count, metavar="N", help="so many further fills, entries and exits"
    )
    conditions.add_argument(
        "--drawdown", type=_fraction, metavar="X", help="this drawdown at a close (0.1 is 10 %%)"
    )


def _asking(request: Request) -> Callable[[argparse.Namespace], int]:
    def handler(args: argparse.Namespace) -> int:
        asked = request(args)
        runs = runs_of(args)
        for run_id in args.id if isinstance(args.id, list) else [args.id]:
            status = runs.control(run_id, asked)
            if asked.action == "stop":
                print(f"stopping {run_id}")
            else:
                print(f"{asked.action} {run_id}: {status}")
        return 0

    return handler


def _resume(args: argparse.Namespace) -> int:
    runs = runs_of(args)
    for run_id in args.id:
        try:
            print(f"resume {run_id}: {runs.control(run_id, ControlRequest('resume'))}")
        except Conflict:
            # It has ended. A sweep goes on in another one.
            if runs.detail(run_id)["kind"] != "sweep":
                raise
            print(f"{runs.resume(run_id)} goes on with {run_id}")
    return 0


def _plain(action: str) -> Request:
    return lambda _: ControlRequest(action)


def _step(args: argparse.Namespace) -> ControlRequest:
    return ControlRequest("step", args.candles)


def _speed(args: argparse.Namespace) -> ControlRequest:
    asked: ControlRequest = args.pace
    return asked


def _until(args: argparse.Namespace) -> ControlRequest:
    names = Until.__struct_fields__
    given: dict[str, Any] = {n: getattr(args, n) for n in names if getattr(args, n) is not None}
    return ControlRequest("run_until", until=Until(**given))


def _pace(text: str) -> ControlRequest:
    from workbench.client.asking import speed_request

    try:
        return speed_request(text)
    except InvalidRequest as error:
        raise argparse.ArgumentTypeError(error.message) from None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is not a whole number, 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        msg = f"{text!r} is not a fraction above 0, up to 1"
        raise argparse.ArgumentTypeError(msg)
    return value
