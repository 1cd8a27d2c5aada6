"""Draws the cases of docs/fills.md from what the engine makes of them, and writes their table.

Run it after a change: ``python tests/support/fill_pictures.py``. A test holds what is written
against what it would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fill_cases import GROUPS, Case, Played, play, told

from workbench.engine.story import EntryFill, SignalEnd

DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN, END = "<!-- cases: made by tests/support/fill_pictures.py -->", "<!-- end of cases -->"
BESIDE = (-19, -33, 19, 33, 47)
"""Where the marks of one price stand beside their candle."""
LEFT, TOP, SLOT, HEIGHT, LINE = 48, 8, 54, 110, 15
STYLE = (
    "text{font:11px sans-serif;fill:#444}path{fill:none;stroke:#888}"
    ".u{fill:#2a9d8f;stroke:#2a9d8f}.d{fill:#e76f51;stroke:#e76f51}.a{stroke:#b58900}"
    ".v{stroke:#888;stroke-dasharray:4 3}.m{fill:#268bd2}.x{stroke:#d33682;stroke-width:2}"
    ".n{fill:#fff;font-size:9px;text-anchor:middle}.p{text-anchor:end;fill:#888}"
    ".c{font-size:9px;text-anchor:middle}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}.n{fill:#000}.m{fill:#6cb8f0}}"
)


def picture(case: Case, played: Played) -> str:
    """Return a case as SVG: candles, the levels they met, and what happened, numbered."""
    rows = case.columns()
    longest = max(len(told(one, case.shown)) for one in played.happenings)
    wide = max(LEFT + SLOT * len(case.candles) + 8, 80 + 6 * longest)
    tall = TOP + HEIGHT + LINE * (len(played.happenings) + 1) + 8
    lows = [*rows.low, *(price for _, _, price in played.levels)]
    highs = [*rows.high, *(price for _, _, price in played.levels)]
    if rows.ask_high is not None:
        highs += list(rows.ask_high)
    lowest, highest = min(lows), max(highs)
    scale = (HEIGHT - 10) / ((highest - lowest) or 1)

    def y(price: float) -> float:
        return round(TOP + 5 + (highest - price) * scale, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" '
        f'role="img"><title>{case.name}</title><style>{STYLE}</style>'
    ]
    parts += _levels(played, y)
    parts += _candles(case, y)
    parts += _happenings(case, played, y)
    return "\n".join([*parts, "</svg>", ""])


def _x(bar: int) -> int:
    return LEFT + SLOT * bar + SLOT // 2


def _levels(played: Played, y) -> Iterator[str]:
    spans: dict[tuple[str, float], list[int]] = {}
    for bar, name, price in played.levels:
        spans.setdefault((name, price), []).append(bar)
    taken: list[float] = []
    for (name, price), bars in spans.items():
        start, end = _x(min(bars)) - SLOT // 2, _x(max(bars)) + SLOT // 2
        yield f'<path class="v" d="M{start} {y(price)}H{end}"><title>{name}</title></path>'
        at = y(price) + 4
        if all(abs(at - other) > 10 for other in taken):
            taken.append(at)
            yield f'<text class="p" x="{LEFT - 6}" y="{round(at, 1)}">{price:.6g}</text>'


def _candles(case: Case, y) -> Iterator[str]:
    for bar, row in enumerate(case.candles):
        x = _x(bar)
        yield f'<text class="p c" x="{x}" y="{TOP + HEIGHT + 9}">{bar}</text>'
        inside = case.inside.get(bar)
        if inside:
            for part, short in enumerate(inside):
                yield _candle(x + 16 * (part - 1), 10, short[:4], y)
        else:
            yield _candle(x, 18, row[:4], y)
        if len(row) == 8:
            _, high, low, _ = row[4:]
            yield f'<path class="a" d="M{x + 13} {y(high)}V{y(low)}"><title>ask</title></path>'


def _candle(x: int, width: int, row: tuple[float, ...], y) -> str:
    opened, high, low, close = row
    kind = "u" if close >= opened else "d"
    top, tall = y(max(opened, close)), max(round(abs(y(opened) - y(close)), 1), 1)
    return (
        f'<path class="{kind}" d="M{x} {y(high)}V{y(low)}"/>'
        f'<rect class="{kind}" x="{x - width // 2}" y="{top}" width="{width}" height="{tall}"/>'
    )


def _happenings(case: Case, played: Played, y) -> Iterator[str]:
    beside: dict[tuple[int, float], int] = {}
    closes = case.columns().close
    for number, what in enumerate(played.happenings, 1):
        unfilled, shift = isinstance(what, SignalEnd), 3.2
        price = float(closes[what.bar]) if unfilled else what.price
        place = (what.bar, round(y(price) / 14))
        step = beside.get(place, 0)
        beside[place] = step + 1
        x, at = _x(what.bar) + BESIDE[step], y(price)
        if unfilled:
            yield f'<path class="x" d="M{x - 4} {at - 4}l8 8m0-8l-8 8"/>'
        elif isinstance(what, EntryFill):
            tip = -8 if what.direction == "long" else 8
            low, high = round(at - tip, 1), round(at + tip, 1)
            corners = f"{x - 8},{low} {x + 8},{low} {x},{high}"
            shift = 6.2 if tip < 0 else -0.2
            yield f'<polygon class="m" points="{corners}"/>'
        else:
            yield f'<circle class="m" cx="{x}" cy="{at}" r="6"/>'
        if not unfilled:
            yield f'<text class="n" x="{x}" y="{round(at + shift, 1)}">{number}</text>'
        line = TOP + HEIGHT + LINE * number + 10
        yield f'<text x="8" y="{line}">{number} · {_said(told(what, case.shown))}</text>'


def _said(line: str) -> str:
    return "candle " + line.replace("&", "&amp;").replace("<", "&lt;")


def table(played: dict[str, Played]) -> str:
    """Return the tables of the document, a group each."""
    parts = [BEGIN]
    for title, cases in GROUPS.items():
        parts += [
            f"\n### {title}\n",
            "| case | what is ordered | what comes of it |",
            "|---|---|---|",
        ]
        parts += [_row(case, played[case.name]) for case in cases]
    return "\n".join([*parts, "", END])


def _row(case: Case, played: Played) -> str:
    orders = [
        f"{bar}: `{call}`" for bar, calls in case.orders.items() for call in calls.split("; ")
    ]
    for bar, calls in case.others.items():
        orders += [f"second, {bar}: `{call}`" for call in calls.split("; ")]
    if case.settings:
        orders += [", ".join(f"`{_setting(name, value)}`" for name, value in case.settings.items())]
    if case.minutes:
        orders.append("(candles are missing)")
    return (
        f"| **{case.name}**<br>{case.text} | {'<br>'.join(orders)} | "
        f"![{'; '.join(told(one, case.shown) for one in played.happenings)}](fills/{case.file}) |"
    )


def _setting(name: str, value: object) -> str:
    if isinstance(value, dict):
        kind = {"convention": "Convention", "commission": "Commission", "slippage": "Slippage"}
        inner = ", ".join(f"{key}={one!r}" for key, one in value.items())
        return f"{name}={kind[name]}({inner})"
    return f"{name}={value!r}"


def files() -> dict[Path, str]:
    """Return the text of every file the cases make, by its path."""
    played = {case.name: play(case) for cases in GROUPS.values() for case in cases}
    made = {
        DOCS / "fills" / case.file: picture(case, played[case.name])
        for cases in GROUPS.values()
        for case in cases
    }
    document = (DOCS / "fills.md").read_text()
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    made[DOCS / "fills.md"] = head + table(played) + tail
    return made


if __name__ == "__main__":
    made = files()
    for old in (DOCS / "fills").glob("*.svg"):
        if old not in made:
            old.unlink()
    for path, text in made.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
