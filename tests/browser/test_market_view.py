"""The live view of a market in a real browser, on a made-up market."""

from __future__ import annotations

from urllib.parse import quote

from fake_server import Fake
from market_story import PATTERNS
from playwright.sync_api import Page
from view_page import MARKS, ROOT, data

pytestmark = MARKS

SHOWN = f"+{ROOT}?.dataset.candles > 0"

# Each move is heard before the next one is made: what the card says then belongs to it.
POINT_EVERYWHERE = """(wanted) => {
  const over = document.querySelector('.u-over'), { left, top, width, height } = over.getBoundingClientRect();
  const card = document.querySelector('.wb-tooltip'), told = new Set();
  const move = (type, x, y) => over.dispatchEvent(new MouseEvent(type, { clientX: x, clientY: y, bubbles: true }));
  move('mouseenter', left + 1, top + 1);
  for (let y = 6; y < height; y += 6) for (let x = 6; x < width; x += 8) {
    move('mousemove', left + x, top + y);
    if (!card.hidden) told.add(card.querySelector('.wb-side').textContent);
    if (wanted.every((names) => names.some((name) => told.has(name)))) return [...told];
  }
  return [...told];
}"""  # noqa: E501
NO_KERNEL = (
    "window.kernel = (said) => said.kind === 'relay' && "
    "setTimeout(() => fire('msg:custom', { kind: 'state', state: 'failed', reason: 'none' }));"
)


def opened(address: str, page: Page, query: str = "market=live") -> dict[str, str]:
    page.goto(f"{address}?{query}")
    page.wait_for_function(f"{SHOWN} && {ROOT}.dataset.connection === 'live'")
    return data(page)


def test_candles_grow_and_close_and_the_timeframe_is_chosen(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    first = opened(address, page)
    assert first["timeframe"] == "1H"
    assert first["status"] == "live"
    page.get_by_role("button", name="15M", exact=True).click()
    page.wait_for_function(f"{ROOT}.dataset.timeframe === '15M'")
    assert page.evaluate("window.model.get('timeframe')") == "15M"
    before = data(page)
    price = page.locator(".wb-price").text_content()
    page.wait_for_function(
        f"+{ROOT}.dataset.candles > {before['candles']} + 1 && {ROOT}.dataset.growing === 'true'"
    )
    page.wait_for_function(f"document.querySelector('.wb-price').textContent !== '{price}'")
    assert int(data(page)["draws"]) > int(before["draws"])
    page.locator(".wb-charts").focus()
    page.keyboard.press("3")
    page.wait_for_function(f"{ROOT}.dataset.timeframe === '4H'")
    assert page.get_by_role("button", name="4H").get_attribute("aria-pressed") == "true"


def test_layers_are_taken_away_and_brought_back_by_key(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    opened(address, page)
    assert data(page)["layers"] == "gaps patterns structure zones"
    page.locator(".wb-charts").focus()
    for key in "pz":
        page.keyboard.press(key)
    page.wait_for_function(f"{ROOT}.dataset.layers === 'gaps structure'")
    zones = page.get_by_role("button", name="Zones")
    assert zones.get_attribute("aria-pressed") == "false"
    zones.click()
    page.wait_for_function(f"{ROOT}.dataset.layers === 'gaps structure zones'")


def test_the_score_stands_with_its_reasons(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    opened(address, page, "market=losing")
    meter = page.get_by_role("meter", name="Confluence score")
    assert meter.get_attribute("aria-valuenow") == data(page)["score"]
    terms = page.locator(".wb-term")
    assert terms.count() == 4
    assert "Higher timeframe40%" in (terms.first.text_content() or "")
    assert "<b>not markup</b>" in (page.locator(".wb-dial-rationale").text_content() or "")


def test_what_lies_on_the_chart_is_told_of_where_one_points(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    # This market stands still, so what is found stays where it is.
    opened(address, page, "market=losing&timeframe=15M")
    wanted = [
        [name.replace("_", " ").capitalize() for name in PATTERNS],
        ["Fair value gap", "Order block", "Support", "Resistance", "Liquidity"],
        ["Swing high", "Swing low"],
        ["Missing trades"],
    ]
    told = set(page.evaluate(POINT_EVERYWHERE, wanted))
    assert [bool(told & set(names)) for names in wanted] == [True] * 4, told


def test_synthetic_prices_and_losses_are_said_aloud(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    lost = opened(address, page, "market=losing")
    assert (lost["status"], lost["gaps"]) == ("reconnecting", "1")
    page.get_by_text("SYNTHETIC DATA").wait_for()
    page.get_by_text("The exchange closed the line (exchange)").wait_for()
    opened(address, page, "market=real")
    assert page.get_by_text("SYNTHETIC DATA").is_hidden()
    assert page.locator(".wb-feed-notice").is_hidden()


def test_a_market_that_is_not_there_says_why(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    page.goto(f"{address}?market=unknown&extra={quote(NO_KERNEL)}")
    page.wait_for_function(f"{ROOT}?.dataset.connection === 'failed'")
    assert "Unknown symbol" in (page.get_by_role("alert").text_content() or "")
