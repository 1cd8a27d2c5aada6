"""Signals that were not filled, the lists, statistics and names, in a real browser."""

from __future__ import annotations

from collections import Counter

from fake_server import Fake
from playwright.sync_api import Page
from view_page import FINISHED, MARKS, data

pytestmark = MARKS

SIGNALS = "Signals that were not filled"


def opened(address: str, page: Page) -> None:
    page.goto(f"{address}?scenario=signals&bars=900")
    page.wait_for_function(f"{FINISHED} && +document.querySelector('.wb-root').dataset.candles > 0")


def told(state: Fake) -> Counter[str]:
    messages = [m for step in state.story("signals-500-900-0").steps for m in step]
    return Counter(m["data"]["outcome"] for m in messages if m["type"] == "signal")


def test_what_was_not_filled_is_counted_and_listed(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    opened(address, page)
    counts = told(state)
    assert int(data(page)["signals"]) == counts.total() - counts["declined"]
    names = ("rejected", "expired", "cancelled")
    counter = page.get_by_role("button", name=", ".join(f"{counts[n]} {n}" for n in names))
    counter.click()
    rows = page.get_by_role("table", name=SIGNALS).locator(".wb-table-body .wb-row")
    rows.first.wait_for()
    assert rows.count() == counts.total() - counts["declined"]
    page.get_by_label("Which signals").select_option("declined")
    page.wait_for_function(
        f"document.querySelectorAll('[aria-label=\"{SIGNALS}\"] .wb-table-body .wb-row').length"
        f" === {counts['declined']}"
    )
    assert "declined" in (rows.first.text_content() or "")
    counter.click()
    rows.first.wait_for(state="hidden")


def test_a_signal_is_found_in_the_chart_with_its_reasons(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    opened(address, page)
    # All of it is to fit on the screen.
    page.evaluate("window.model.set('height', 300)")
    page.locator(".wb-unfilled").click()
    rows = page.get_by_role("table", name=SIGNALS).locator(".wb-table-body .wb-row")
    rows.nth(4).click()
    page.wait_for_function(
        f'document.querySelectorAll(\'[aria-label="{SIGNALS}"] [aria-selected="true"]\').length'
        " === 1"
    )
    over = page.locator(".u-over").first
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    card = page.locator(".wb-pane .wb-tooltip")
    # It is in the middle, at a height that the candles decide.
    for top in range(4, int(box["height"]), 5):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + top)
        if "12 needed" in (card.text_content() or "") and card.is_visible():
            break
    text = card.text_content() or ""
    assert "<b>3</b> there" in text
    assert "The mean rose" in text
    assert "fast" in text


def test_statistics_and_names_are_shown_and_the_trades_open_by_key(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    opened(address, page)
    page.get_by_text("SmaCross(fast=24, slow=72)").wait_for()
    shown = {
        name: page.locator(f"[data-statistic={name}]").text_content()
        for name in ("cagr", "sharpe_ratio", "longest_drawdown_duration", "of_tomorrow")
    }
    assert shown == {
        "cagr": "14.20%", "sharpe_ratio": "0.84 [0.40, 2.10]",
        "longest_drawdown_duration": "50 days", "of_tomorrow": "0.50",
    }  # fmt: skip
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None

    def left_edge() -> str:
        page.mouse.move(box["x"] + 8, box["y"] + 60)
        page.mouse.move(box["x"] + 1, box["y"] + 60)
        return page.locator(".wb-readout-time").text_content() or ""

    whole = left_edge()
    page.locator(".wb-charts").focus()
    page.keyboard.press("t")
    rows = page.get_by_role("table", name="Trades").locator(".wb-table-body .wb-row")
    rows.first.wait_for()
    messages = [m for step in state.story("signals-500-900-0").steps for m in step]
    events = Counter(m["data"]["event"] for m in messages if m["type"] == "trade")
    assert rows.count() == events["entry"]
    draws = int(data(page)["draws"])
    rows.nth(1).click()
    page.wait_for_function(f"+document.querySelector('.wb-root').dataset.draws > {draws}")
    assert left_edge() > whole
    page.locator(".wb-charts").focus()
    page.keyboard.press("l")
    rows.first.wait_for(state="hidden")
