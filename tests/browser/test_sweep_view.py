"""The view of a sweep in a real browser, against the fake server."""

from __future__ import annotations

import json

from fake_server import Fake
from fake_sweep import FAILURE, SPLITS, FakeSweep
from playwright.sync_api import Page
from view_page import FINISHED, MARKS, data

from workbench.widgets.fold import RunFold

pytestmark = MARKS

PAINTED = f"{FINISHED} && +document.querySelector('.wb-root').dataset.cells > 0"


def words(params: dict[str, object]) -> str:
    return ",".join(f"{name}={str(value).lower()}" for name, value in params.items())


def select_best(page: Page) -> str:
    page.locator(".wb-sweep-frame").focus()
    page.keyboard.press("b")
    page.wait_for_function("document.querySelector('.wb-root').dataset.selected !== ''")
    return data(page)["selected"]


def test_a_finished_sweep_of_ten_thousand_rows_is_drawn_whole(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=grid&rate=0&bars=10000")
    sweep = state.sweep("grid-0-10000-0")
    page.wait_for_function(PAINTED)
    shown = data(page)
    assert int(shown["rows"]) == len(sweep.rows) > 9_000
    # A cell for each pair of the two parameters: of the third the best is shown.
    assert int(shown["cells"]) == len(sweep.rows) // 2
    assert page.locator(".wb-metrics").is_hidden()
    page.locator(".wb-best .wb-row").nth(50).wait_for()
    assert page.locator(".wb-best .wb-row").count() == 51
    colours = page.evaluate("""() => { const c = document.querySelector('.wb-sweep-frame canvas');
        const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const found = new Set();
        for (let i = 0; i < p.length; i += 4) if (p[i + 3] === 255)
          found.add(p[i] << 16 | p[i + 1] << 8 | p[i + 2]);
        return found.size; }""")
    assert colours > 50


def test_columns_that_are_cut_show_that_there_is_more(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    page.set_viewport_size({"width": 420, "height": 900})
    page.goto(f"{address}?scenario=grid&rate=0&bars=200")
    page.wait_for_function(PAINTED)
    more = "document.querySelector('.wb-best-frame').dataset.more === '{}'"
    page.wait_for_function(more.format("true"))
    page.evaluate("document.querySelector('.wb-best').scrollLeft = 10_000")
    page.wait_for_function(more.format("false"))
    page.set_viewport_size({"width": 2200, "height": 900})
    page.evaluate("document.querySelector('.wb-best').scrollLeft = 0")
    page.wait_for_function(more.format("false"))


def test_the_best_is_opened_as_a_run_by_keyboard_and_what_is_refused_can_be_done_in_python(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=grid&rate=0&bars=200")
    page.wait_for_function(PAINTED)
    best = state.sweep("grid-0-200-0").best
    assert select_best(page) == words(best["params"])
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.wb-opened .wb-root')?.dataset.status === 'complete'"
    )
    asked = {"number": best["number"], "sample": "all", "split": 0}
    assert state.opened == [("grid-0-200-0", asked)]
    assert page.locator(".wb-opened").get_by_text('wb.attach("finished-500-400-0")').is_visible()
    page.get_by_role("button", name="Close").click()
    assert page.locator(".wb-root").count() == 1
    state.open_refusal = {"error": "Its strategy is not known here", "details": {}}
    page.get_by_role("button", name="Open as run").click()
    page.get_by_text("Its strategy is not known here").wait_for()
    values = ", ".join(f"{name}={value}" for name, value in best["params"].items())
    assert page.locator(".wb-code-line").text_content() == f"sweep.open({values})"


def test_arrows_and_clicks_select_and_a_walk_forward_has_its_splits(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=walk&rate=0&bars=200")
    page.wait_for_function(PAINTED)
    space = state.sweep("walk-0-200-0").space
    canvas = page.locator(".wb-sweep-frame canvas").bounding_box()
    best = page.locator(".wb-cell-best").bounding_box()
    assert canvas is not None
    assert best is not None
    # Of the lowest row of cells the one to the right: fast is above slow there.
    right = canvas["x"] + canvas["width"] - 8 - best["width"] / 2
    bottom = canvas["y"] + canvas["height"] - 36 - best["height"] / 2
    page.mouse.click(right, bottom)
    corner = {"fast": space["fast"][-1], "slow": space["slow"][0]}
    page.wait_for_function(
        f"document.querySelector('.wb-root').dataset.selected === '{words(corner)}'"
    )
    assert FAILURE in (page.locator(".wb-sweep-frame .wb-tooltip").text_content() or "")
    # What the mouse rests on is not what the keyboard has chosen.
    page.keyboard.press("ArrowLeft")
    page.locator(".wb-sweep-frame .wb-tooltip").wait_for(state="hidden")
    page.keyboard.press("ArrowRight")
    page.locator(".wb-opening-row").get_by_text(FAILURE).wait_for()
    page.locator(".wb-sweep-frame").focus()
    page.keyboard.press("ArrowLeft")
    corner["fast"] = space["fast"][-2]
    page.wait_for_function(
        f"document.querySelector('.wb-root').dataset.selected === '{words(corner)}'"
    )
    splits = page.locator(".wb-splits .wb-table-body .wb-row")
    splits.nth(SPLITS - 1).wait_for()
    assert splits.count() == SPLITS
    assert (splits.nth(0).text_content() or "").endswith("0.60")
    splits.nth(1).click()
    page.get_by_text("(split 1, out of sample)").wait_for()
    out = next(
        row
        for row in state.sweep("walk-0-200-0").rows
        if (row["sample"], row["split"]) == ("out", 1)
    )
    line = f'sweep.open({out["number"]}, sample="out", split=1)'
    assert page.locator(".wb-code-line").text_content() == line


def test_a_running_sweep_fills_up_and_offers_what_can_be_done_with_it(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=grid&rate=100&bars=2000")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.rows > 60")
    total = len(state.sweep("grid-100-2000-0").rows)
    assert f"/ {total:,} combinations" in (page.locator(".wb-progress").text_content() or "")
    cells = int(data(page)["cells"])
    page.wait_for_function(f"+document.querySelector('.wb-root').dataset.cells > {cells}")
    assert page.get_by_role("button", name="Pause").is_visible()
    assert page.get_by_role("button", name="Stop").is_visible()
    for name in ("Step one candle", "Run to the next trade"):
        assert page.get_by_role("button", name=name).count() == 0


def test_one_parameter_is_a_line_and_the_table_sorts(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=line&rate=0&bars=25")
    page.wait_for_function(PAINTED)
    assert page.locator(".wb-legend").is_hidden()
    values = state.sweep("line-0-25-0").space["fast"]
    first = page.locator(".wb-best .wb-table-body .wb-row .wb-cell").first
    for expected in (values[0], values[-1]):
        page.locator(".wb-best").get_by_role("button", name="fast").click()
        page.wait_for_function(
            "document.querySelector('.wb-best .wb-table-body .wb-cell')?.textContent"
            f" === '{expected}'"
        )
    assert first.text_content() == str(values[-1])


def test_a_saved_sweep_is_drawn_without_a_server(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    sweep, fold = FakeSweep("walk", 18), RunFold()
    for message in (m for step in sweep.steps for m in step):
        fold.apply(message)
    kept = fold.snapshot(None, sweep.detail())
    page.add_init_script(f"window.kept = {json.dumps(kept)};")
    page.goto(f"{address}?scenario=saved&extra=traits.snapshot=window.kept;")
    page.wait_for_function("document.querySelector('.wb-root')?.dataset.connection === 'saved'")
    page.locator(".wb-code-line").wait_for()
    assert int(data(page)["rows"]) == len(sweep.rows)
    assert page.locator(".wb-title").text_content() == "Crosses of 2017"
    assert page.get_by_role("button", name="Open as run").count() == 0
    assert page.locator(".wb-code-line").is_visible()


def cell_of(page: Page, column: int, row: int, side: int) -> tuple[float, float]:
    """Return the middle of a cell of a square map, rows counted from below."""
    canvas = page.locator(".wb-sweep-frame canvas").bounding_box()
    best = page.locator(".wb-cell-best").bounding_box()
    assert canvas is not None
    assert best is not None
    right, bottom = canvas["x"] + canvas["width"] - 8, canvas["y"] + canvas["height"] - 36
    return (
        right - (side - column - 0.5) * best["width"], bottom - (row + 0.5) * best["height"],
    )  # fmt: skip


def test_what_the_constraint_excludes_is_bare_and_says_so_while_others_are_to_come(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=half&rate=5&bars=200")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.cells > 0")
    side = len(state.sweep("half-5-200-0").space["fast"])
    tip = page.locator(".wb-sweep-frame .wb-tooltip")
    alpha = """([x, y]) => { const c = document.querySelector('.wb-sweep-frame canvas');
        const { left, top } = c.getBoundingClientRect(), ratio = devicePixelRatio;
        return c.getContext('2d').getImageData((x - left) * ratio, (y - top) * ratio, 1, 1).data[3];
    }"""
    # Of the lowest row: fast is above slow to the right; of the highest the last is far to come.
    bare, later = cell_of(page, side - 1, 0, side), cell_of(page, side - 1, side - 1, side)
    assert page.evaluate(alpha, list(bare)) == 0
    assert page.evaluate(alpha, list(later)) > 0
    page.mouse.move(*bare)
    tip.get_by_text("excluded by the constraint").wait_for()
    page.mouse.move(*later)
    tip.get_by_text("to come").wait_for()


def test_all_parts_of_a_walk_forward_are_one_curve(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=walk&rate=0&bars=200")
    page.wait_for_function(PAINTED)
    words_ = page.locator(".wb-out .wb-subtitle")
    words_.wait_for()
    joined = 1.0
    for row in state.sweep("walk-0-200-0").rows:
        if row["sample"] == "out":
            joined *= 1 + row["metrics"]["total_return"] / 100
    text = words_.text_content() or ""
    assert f"all {SPLITS} parts as one account" in text
    assert f"{100 * (joined - 1):.2f}" in text
    assert "Sharpe" in text
    painted = page.evaluate("""() => { const c = document.querySelector('.wb-out canvas');
        const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const columns = new Set();
        for (let i = 3; i < p.length; i += 4) if (p[i] > 200) columns.add(((i - 3) / 4) % c.width);
        return columns.size / c.width; }""")
    assert painted > 0.8
