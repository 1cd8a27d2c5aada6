"""The view of a live session in a real browser, on made-up sessions."""

from __future__ import annotations

from urllib.parse import quote

from fake_server import Fake
from playwright.sync_api import Page, expect
from view_page import MARKS, ROOT, data

pytestmark = MARKS

SHOWN = f"+{ROOT}?.dataset.candles > 0 && ['live', 'finished'].includes({ROOT}.dataset.connection)"
NO_KERNEL = (
    "window.kernel = (said) => said.kind === 'relay' && "
    "setTimeout(() => fire('msg:custom', { kind: 'state', state: 'failed', reason: 'none' }));"
)


def opened(address: str, page: Page, name: str, **query: str) -> dict[str, str]:
    more = "".join(f"&{key}={quote(value)}" for key, value in query.items())
    page.goto(f"{address}?live={name}{more}")
    page.wait_for_function(SHOWN)
    return data(page)


def test_a_session_is_drawn_as_it_goes_on(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    first = opened(address, page, "live_paper")
    assert (first["status"], first["broker"], first["symbol"]) == ("running", "PAPER", "BTC-USD")
    expect(page.locator(".wb-broker")).to_have_text("PAPER")
    page.wait_for_function(
        f"+{ROOT}.dataset.candles > {first['candles']} + 1 && {ROOT}.dataset.growing === 'true'"
        f" && +{ROOT}.dataset.points > {first['points']}"
    )
    page.get_by_role("button", name="1H", exact=True).click()
    page.wait_for_function(f"{ROOT}.dataset.timeframe === '1H'")
    page.locator(".wb-charts").focus()
    page.keyboard.press("1")
    page.wait_for_function(f"{ROOT}.dataset.timeframe === '15M'")


def test_figures_tables_and_limits_say_what_the_stream_says(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    shown = opened(address, page, "live_still")
    session = state.sessions["live_still"]
    (position,) = session.positions.values()
    assert (shown["positions"], shown["working"]) == ("1", str(len(session.orders)))
    assert int(shown["markers"]) == sum(m["type"] == "trade" for m in session.log)
    expect(page.locator("[data-metric=equity]")).to_have_text(f"{session.equity:,.2f}")
    held = page.get_by_role("table", name="Positions").get_by_role("row").nth(1)
    expect(held).to_contain_text(f"{position['entry_price']:,.2f}")
    expect(held).to_contain_text(f"{position['stop_loss']:,.2f}")
    meter = page.get_by_role("meter", name="Exposure")
    used = position["quantity"] * position["price"] / 60_000
    expect(meter).to_have_attribute("aria-valuenow", str(round(100 * used)))
    orders = page.get_by_role("table", name="Orders").get_by_role("row")
    expect(orders.nth(1)).to_contain_text("accepted")
    expect(page.get_by_role("tab", name="Orders")).to_contain_text("waiting")
    rejected = orders.filter(has_text="rejected").first
    rejected.click()
    detail = page.locator(".wb-detail")
    expect(detail).to_contain_text("risk_limit")
    expect(detail).to_contain_text("<b>not markup</b>")
    rejected.click()
    expect(detail).to_be_hidden()


def test_flatten_asks_says_what_it_will_do_and_does_it(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    opened(address, page, "live_flatten")
    session = state.sessions["live_flatten"]
    flatten = page.get_by_role("button", name="FLATTEN")
    flatten.click()
    dialog = page.get_by_role("alertdialog", name="Flatten live_flatten?")
    expect(dialog).to_contain_text("Closes 1 position at market")
    expect(dialog).to_contain_text(f"Cancels {len(session.orders)} order")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(flatten).to_be_focused()
    # Neither Enter nor a second click at the same place does what was not read.
    page.keyboard.press("x")
    expect(dialog).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert session.controls == []
    flatten.click()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function(
        f"{ROOT}.dataset.positions === '0' && {ROOT}.dataset.working === '0'"
        f" && {ROOT}.dataset.entries === 'paused' && {ROOT}.dataset.pending === ''"
    )
    assert session.controls == [{"action": "flatten"}]
    expect(page.get_by_text("ENTRIES PAUSED")).to_be_visible()
    page.get_by_role("button", name="Resume entries").click()
    page.wait_for_function(f"{ROOT}.dataset.entries === 'open'")
    assert session.controls[1:] == [{"action": "resume_entries"}]


def test_stop_ends_the_session_and_then_nothing_can_be_asked(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    opened(address, page, "live_stop")
    page.get_by_role("button", name="STOP").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("it cannot be resumed")
    dialog.get_by_role("button", name="Stop now").click()
    page.wait_for_function(
        f"{ROOT}.dataset.status === 'stopped' && {ROOT}.dataset.connection === 'finished'"
    )
    assert state.sessions["live_stop"].controls == [{"action": "stop"}]
    for name in ("FLATTEN", "STOP"):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_attribute("title", "The session has ended")
    page.get_by_role("button", name="STOP").click(force=True)
    expect(dialog).to_be_hidden()


def test_who_may_not_control_is_told_why(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    opened(address, page, "live_barred")
    page.get_by_role("button", name="Pause entries").click()
    expect(page.locator(".wb-live-told")).to_have_text(
        "You may read this session, but not control it"
    )
    expect(page.get_by_role("button", name="STOP")).to_have_attribute("aria-disabled", "true")


def test_real_money_is_told_before_anything_is_done(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    opened(address, page, "live_exchange")
    expect(page.locator(".wb-broker")).to_have_text("LIVE")
    expect(page.get_by_text("SYNTHETIC DATA")).to_be_hidden()
    page.get_by_role("button", name="FLATTEN").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("real money: kraken, account main")


def test_symbols_are_chosen_by_tab_and_by_key(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    assert opened(address, page, "live_several")["symbol"] == "BTC-USD"
    page.get_by_role("button", name="SOL-USD").click()
    page.wait_for_function(f"{ROOT}.dataset.symbol === 'SOL-USD' && +{ROOT}.dataset.candles > 0")
    assert page.evaluate("window.model.get('symbol')") == "SOL-USD"
    page.locator(".wb-charts").focus()
    page.keyboard.press("s")
    page.wait_for_function(f"{ROOT}.dataset.symbol === 'BTC-USD'")


def test_breaches_are_marked_and_kept(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    shown = opened(address, page, "live_breach")
    assert (shown["breaches"], shown["entries"]) == ("2", "paused")
    expect(page.locator(".wb-limit[data-level=breached]")).to_contain_text("Position")
    expect(page.locator(".wb-limit[data-level=near]")).to_contain_text("Exposure")
    expect(page.locator(".wb-breach").first).to_contain_text("no entries until tomorrow")


def test_a_feed_that_was_lost_and_a_session_that_is_not_there_say_why(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    assert opened(address, page, "live_losing")["feed"] == "reconnecting"
    page.get_by_text("The exchange closed the line (exchange)").wait_for()
    page.goto(f"{address}?live=live_unknown&extra={quote(NO_KERNEL)}")
    page.wait_for_function(f"{ROOT}?.dataset.connection === 'failed'")
    expect(page.get_by_role("alert")).to_contain_text("No backtest is named 'live_unknown'")
    expect(page.get_by_role("button", name="STOP")).to_be_hidden()


def test_a_backtest_is_drawn_beside(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    assert opened(address, page, "live_still")["beside"] == "0"
    expect(page.locator(".wb-legend-item", has_text="backtest")).to_have_count(0)
    page.evaluate(
        "() => window.model.set('beside', { name: 'backtest', trades: [],"
        " time: [1704067200000, 1704070800000], equity: [50000, 50100] })"
    )
    page.wait_for_function(f"{ROOT}.dataset.beside === '2'")
    expect(page.locator(".wb-legend-item", has_text="backtest")).to_be_visible()


def test_a_server_that_hangs_is_not_called_connected(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.clock.install()
    opened(address, page, "live_hung")
    page.get_by_role("button", name="FLATTEN").click()
    with page.expect_request("**/live_hung/control"):
        page.get_by_role("button", name="Flatten now").click()
    page.clock.fast_forward(5_000)
    page.wait_for_function(f"['quiet', 'reconnecting'].includes({ROOT}.dataset.connection)")
    told = page.locator(".wb-live-told")
    expect(told).to_contain_text(
        "It may not have been done: try `workbench live flatten live_hung`"
    )
    expect(page.locator(".wb-age")).to_have_attribute("data-old", "true")
    page.clock.fast_forward(5_000)
    page.wait_for_function(f"{ROOT}.dataset.connection === 'reconnecting'")
    assert state.sessions["live_hung"].positions


def test_a_session_that_told_nothing_shows_what_it_was_asked_to_be(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    page.goto(f"{address}?live=live_pending")
    page.wait_for_function(f"{ROOT}?.dataset.broker === 'PAPER'")
    for text in ("PAPER", "SYNTHETIC DATA", "Starting", "Breakout"):
        expect(page.locator(".wb-header").get_by_text(text, exact=True)).to_be_visible()
    expect(page.locator(".wb-facts")).to_contain_text("BTC-USD")


def test_of_many_orders_the_nearest_are_named_and_the_rest_is_counted(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    session = state.sessions["live_still"]
    (held,) = session.positions.values()
    before = len(session.orders)
    for step in range(40):
        price = round(held["price"] * (1 + (step - 19.5) / 4000), 2)
        session.place("BTC-USD", "buy" if step < 20 else "sell", "limit", quantity=0.1, price=price)
    shown = opened(address, page, "live_still")
    levels = 40 + before + 2 + len(held["take_profit_levels"])
    assert int(shown["named"]) + int(shown["unnamed"]) == levels
    assert 3 < int(shown["named"]) < 20
    assert shown["working"] == str(40 + before)
    rows = page.get_by_role("table", name="Orders").get_by_role("row")
    expect(rows.filter(has_text="limit").filter(has_text="accepted")).to_have_count(40 + before)


NARROW = """() => {
  const root = document.querySelector('.wb-root');
  const right = root.getBoundingClientRect().right;
  const all = [...root.querySelectorAll('button, .wb-badge, .wb-metric, .wb-limit, .wb-table')];
  const shown = all.filter((e) => e.offsetParent);
  const tops = [...root.querySelectorAll('.wb-big')].map((e) => e.getBoundingClientRect().top);
  return {
    over: shown.filter((e) => e.getBoundingClientRect().right > right + 1)
      .map((e) => e.textContent),
    rows: new Set(tops).size, breaches: root.querySelector('.wb-breaches').offsetHeight,
  };
}"""


def test_the_view_fits_a_narrow_cell(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    session = state.sessions["live_several"]
    for name in session.symbols:
        session.place(name, "buy", "limit", price=40_000.25)
    for _ in range(60):
        session.breach("max_exposure", 2.0, 1.0, "reject", "An entry would bring it to 31,204")
    opened(address, page, "live_several", width="420px")
    expect(page.get_by_role("table", name="Orders").get_by_role("columnheader")).to_have_count(5)
    found = page.evaluate(NARROW)
    # Tabs are scrolled.
    over = [text for text in found["over"] if not text.startswith("Closed positions")]
    assert (over, found["rows"]) == ([], 1)
    assert 0 < found["breaches"] <= 200
