"""The view of all live sessions in a real browser, on made-up sessions."""

from __future__ import annotations

import re

from fake_server import Fake
from playwright.sync_api import Locator, Page, expect
from view_page import MARKS, ROOT, data

pytestmark = MARKS


def opened(address: str, page: Page, names: str, **query: str) -> dict[str, str]:
    more = "".join(f"&{key}={value}" for key, value in query.items())
    page.goto(f"{address}?sessions={names}{more}")
    page.wait_for_function(f"{ROOT}?.dataset.connection === 'live' && {ROOT}.dataset.listed > 0")
    return data(page)


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name="Live sessions").get_by_role("row").filter(has_text=name)


def test_each_session_has_a_row_that_goes_on(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    breach = state.sessions["live_breach"]
    breach.tell_risk()
    shown = opened(address, page, "live_exchange,live_ended")
    assert (shown["sessions"], shown["ended"]) == ("2", "1")
    (held,) = breach.positions.values()
    line = row(page, "live_breach")
    expect(line).to_contain_text("PAPER")
    expect(line).to_contain_text("Entries paused")
    expect(line).to_contain_text(f"{held['quantity'] * held['price']:,.2f}")
    expect(line.locator(".wb-worst")).to_have_attribute("data-level", "breached")
    moving = row(page, "live_exchange")
    expect(moving).to_contain_text("LIVE")
    exposure = moving.get_by_role("cell").nth(4)
    before = exposure.inner_text()
    expect(exposure).not_to_have_text(before)
    expect(page.get_by_text("1 with real money")).to_be_visible()


def test_rows_come_and_go_with_sessions(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.clock.install()
    opened(address, page, "live_still")
    new = state.sessions["live_sandbox"]
    expect(row(page, "live_sandbox")).to_contain_text("SANDBOX")
    new.stop()
    page.clock.fast_forward(6_000)
    expect(row(page, "live_sandbox")).to_have_count(0)
    page.get_by_role("button", name="Show 1 that has ended").click()
    expect(row(page, "live_sandbox")).to_contain_text("Stopped")


def test_all_are_flattened_after_a_question(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    opened(address, page, "live_still,live_exchange")
    button = page.get_by_role("button", name="FLATTEN ALL")
    button.click()
    dialog = page.get_by_role("alertdialog", name="Flatten all live sessions?")
    expect(dialog).to_contain_text("Asks 2 sessions: live_exchange, live_still")
    expect(dialog).to_contain_text("Closes 2 positions at market")
    expect(dialog).to_contain_text("live_exchange: Real orders, real money: kraken")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert state.asked_of_all == []
    button.click()
    dialog.get_by_role("button", name="Flatten all now").click()
    page.wait_for_function(f"{ROOT}.dataset.positions === '0' && {ROOT}.dataset.pending === ''")
    assert state.asked_of_all == [{"action": "flatten"}]
    for name in ("live_still", "live_exchange"):
        expect(row(page, name)).to_contain_text("flat")
        expect(row(page, name)).to_contain_text("Entries paused")
    expect(page.get_by_text("2 sessions were asked to flatten")).to_be_visible()


def test_who_may_not_flatten_is_told_why(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    opened(address, page, "live_barred")
    page.get_by_role("button", name="FLATTEN ALL").click()
    page.get_by_role("button", name="Flatten all now").click()
    expect(page.locator(".wb-live-told")).to_have_text(
        "You may read sessions, but not control them"
    )
    expect(page.get_by_role("button", name="FLATTEN ALL")).to_have_attribute(
        "aria-disabled", "true"
    )


def test_a_click_opens_the_view_of_a_session_below(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    opened(address, page, "live_still,live_several")
    row(page, "live_several").click()
    view = page.locator(".wb-live")
    expect(view).to_have_attribute("data-symbol", "BTC-USD")
    expect(page.locator(".wb-opened > .wb-opening-bar")).to_contain_text(
        'wb.attach("live_several")'
    )
    row(page, "live_still").press("Enter")
    expect(view.get_by_role("button", name="ETH-USD")).to_have_count(0)
    expect(view.get_by_text("live_still")).to_be_visible()
    row(page, "live_still").click()
    expect(view).to_have_count(0)


RELAYED = """
const list = { sessions: [{ session_id: 'live_far', name: 'Far', strategy: 'S', symbols: ['A'],
  broker: 'paper', feed: 'replay', status: 'running', positions: 1 }] };
window.kernel = (said) => {
  const reply = (body) => setTimeout(() => fire('msg:custom',
    { kind: 'reply', id: said.id, ok: true, body }));
  if (said.kind === 'relay') setTimeout(() => fire('msg:custom', { kind: 'messages', batch: [
    { type: 'connected', timestamp: '', data: { epoch: 'e', seq: 0, snapshot: 0 } }] }));
  else reply(said.kind === 'get' ? list : { sessions: [{}] });
};
"""


def test_through_the_kernel_it_works_as_well_and_says_how_one_is_opened(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    opened(address, page, "none", scenario="relay", extra=re.sub(r"\s+", " ", RELAYED))
    row(page, "Far").click()
    expect(page.locator(".wb-opened")).to_contain_text('wb.attach("live_far")')
    expect(page.locator(".wb-live")).to_have_count(0)
    page.get_by_role("button", name="FLATTEN ALL").click()
    page.get_by_role("button", name="Flatten all now").click()
    expect(page.get_by_text("1 session was asked to flatten")).to_be_visible()
    asked = page.evaluate("window.sent.filter((said) => said.kind === 'control')")
    assert [said["action"] for said in asked] == ["flatten"]


NARROW = """() => {
  const root = document.querySelector('.wb-root');
  const right = root.getBoundingClientRect().right;
  return [...root.querySelectorAll('button, .wb-cell')]
    .filter((e) => e.offsetParent && e.getBoundingClientRect().right > right + 1)
    .map((e) => e.textContent);
}"""


def test_the_view_fits_a_narrow_cell_and_tells_when_there_is_nothing(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    opened(address, page, "live_several,live_breach,live_sandbox", width="420px")
    expect(page.get_by_role("columnheader")).to_have_count(5)
    assert page.evaluate(NARROW) == []
    state.sessions.clear()
    page.goto(f"{address}?sessions=none")
    expect(page.get_by_text("No live session goes on")).to_be_visible()
