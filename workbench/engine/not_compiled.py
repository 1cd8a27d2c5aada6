"""What to say when numba cannot compile a strategy's `next`: in a line, with the author's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from workbench.engine.act import GIVEN, LOOKS
from workbench.engine.orders import USUAL
from workbench.errors import StrategyError

DOES = ("enter_long", "enter_short", "close", "cancel", "move_stop")


def not_compiled(
    function: Callable[..., object], error: Exception, seen: Sequence[str]
) -> StrategyError:
    """Return the error of a function that cannot be compiled.

    Parameters
    ----------
    function
        As it was written.
    error
        numba's; what it says in full is in `details`.
    seen
        The names `see` has.
    """
    said = str(error)
    line = _line(function, error, said)
    where = f" (line {line})" if line else ""
    name = function.__qualname__
    text = f"{name} cannot be compiled{where}: {_why(said, seen)}"
    told = {"exception": type(error).__name__, "line": line, "numba": said[:4000]}
    return StrategyError(text, strategy=name, **told)


def check_arguments(function: Callable[..., object]) -> None:
    """Refuse a function that is not given three things.

    Raises
    ------
    StrategyError
        It is not.
    """
    code = function.__code__
    if code.co_argcount != 3 or code.co_flags & 0x0C or code.co_kwonlyargcount:
        name, given = function.__qualname__, ", ".join(code.co_varnames[: code.co_argcount])
        text = f"{name} takes ({given}): a compiled one is no method, write next(bar, see, act)"
        raise StrategyError(text, strategy=name, line=code.co_firstlineno)


def _why(said: str, seen: Sequence[str]) -> str:
    """Return the reason in numba's message, in words of the strategy where it is known."""
    match = re.search(r"Unknown attribute '(\w+)' of type (See|Act)", said)
    if match:
        known = list(seen) if match[2] == "See" else [*DOES, *LOOKS]
        what = match[2].lower()
        return f"{what} has no {match[1]!r}{_near(match[1], known)}; it has {', '.join(known)}"
    match = re.search(r"got an unexpected keyword argument '(\w+)'", said)
    if match:
        near = USUAL.get(match[1])
        hint = f" (did you mean {near!r}?)" if near in GIVEN else _near(match[1], list(GIVEN))
        return f"there is no argument {match[1]!r}{hint}; an entry takes {', '.join(GIVEN)}"
    if "setitem(readonly array" in said:
        return "what see has is readonly, but for see.state"
    match = re.search(r"TypingError: ((?:take_profit|[\w ]+ is) .+)", said)
    if match:
        return match[1].strip()
    lines = [line.strip() for line in said.splitlines()]
    kept = [line for line in lines if line and not line.startswith(_NOISE)]
    found = [line for line in kept if re.match(r"\w+Error: ", line)] or kept
    return found[0].removesuffix(" Raised from None") if found else said


_NOISE = ("Failed in nopython", "During:", "File ", "No implementation of", "- Resolution")


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _line(function: Callable[..., object], error: Exception, said: str) -> int | None:
    """Return the line of the function that numba is stuck at, None where it does not say."""
    file = function.__code__.co_filename
    loc: Any = getattr(error, "loc", None)
    if loc is not None and loc.filename == file:
        return int(loc.line)
    places = re.findall(r'File "([^"]+)", line (\d+)', said)
    places += re.findall(r"(?:at|from) (\S+) \((\d+)\)", said)
    own = [int(line) for path, line in places if Path(path).name == Path(file).name]
    return own[0] if own else None
