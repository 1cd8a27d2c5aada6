"""Replays and the keys of the view, in a real browser against the fake server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from fake_server import Fake
from playwright.sync_api import Page
from view_page import FINISHED, MARKS, NEXT_TRADE_FREE, ROOT, data

pytestmark = MARKS

BARS = 600
RUN = f"finished-500-{BARS}-0"


def times(state: Fake, run: str = RUN) -> list[int]:
    return [candle[0] for candle in state.story(run).candles]


def state_is(page: Page, name: str) -> None:
    page.wait_for_function(f"{ROOT}.dataset.replay === '{name}'")


def shown_until(page: Page, time_ms: int) -> None:
    """Wait until the view stands at a candle, drawn up to it and no further."""
    wanted = datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    page.wait_for_function(f"{ROOT}.dataset.time === '{wanted}'")


def begin(page: Page, address: str, query: str = "") -> None:
    page.goto(f"{address}?scenario=finished&bars={BARS}{query}")
    page.wait_for_function(f"{FINISHED} && +{ROOT}.dataset.candles === {BARS}")
    page.get_by_role("button", name="Replay").click()
    state_is(page, "playing")


def check_horizon(page: Page, state: Fake) -> None:
    """The last candle drawn is the one the replay is at, or the frame before it."""
    shown = data(page)
    now = datetime.fromisoformat(shown["time"]).timestamp() * 1000
    assert times(state)[int(shown["candles"]) - 1] <= now


def test_a_replay_tells_the_run_again_and_shows_nothing_of_its_future(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=finished&bars={BARS}")
    page.wait_for_function(f"{FINISHED} && +{ROOT}.dataset.candles === {BARS}")
    finished = data(page)
    page.get_by_role("button", name="Replay").click()
    state_is(page, "playing")
    check_horizon(page, state)
    assert page.locator(".wb-status").text_content() == "Replay"
    speed = page.get_by_role("group", name="Replay").get_by_label("Speed")
    speed.select_option("500")
    page.wait_for_function(f"+{ROOT}.dataset.candles > 100")
    check_horizon(page, state)
    speed.select_option("0")
    state_is(page, "ended")
    for name in ("points", "markers", "candles", "seq"):
        assert data(page)[name] == finished[name]
    page.get_by_role("button", name="Step back").click()
    shown_until(page, times(state)[-2])
    assert data(page)["candles"] == str(BARS - 1)
    assert page.locator(".wb-status").text_content() == "Replay"
    page.get_by_role("button", name="Back to the result").click()
    page.wait_for_function(f"{FINISHED} && +{ROOT}.dataset.candles === {BARS}")
    assert data(page)["points"] == finished["points"]
    assert page.get_by_role("button", name="Replay").is_visible()


def test_the_keys_of_a_replay(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    begin(page, address)
    page.keyboard.press("Space")
    state_is(page, "paused")
    page.keyboard.press("Home")
    shown_until(page, times(state)[0])
    for step in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        shown_until(page, times(state)[step])
        assert data(page)["candles"] == str(step + 1)
    page.keyboard.press("ArrowLeft")
    shown_until(page, times(state)[2])
    assert data(page)["candles"] == "3"
    page.keyboard.press("End")
    state_is(page, "ended")
    page.keyboard.press("Space")
    state_is(page, "playing")
    check_horizon(page, state)


def test_the_slider_seeks_when_it_is_let_go(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    begin(page, address)
    page.get_by_role("button", name="Pause").click()
    state_is(page, "paused")
    state.controls.clear()
    slider = page.get_by_label("Market time")
    slider.evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", times(state)[400]
    )
    moment = datetime.fromtimestamp(times(state)[400] / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    assert page.locator(".wb-replay-time").text_content() == moment
    assert slider.get_attribute("aria-valuetext") == f"{moment} UTC"
    assert state.controls == []
    slider.evaluate("(e) => e.dispatchEvent(new Event('change'))")
    shown_until(page, times(state)[400])
    assert data(page)["candles"] == "401"
    slider.fill(str(times(state)[50]))
    shown_until(page, times(state)[50])
    assert data(page)["candles"] == "51"


def test_a_pace_in_market_time(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    begin(page, address)
    speed = page.get_by_role("group", name="Replay").get_by_label("Speed")
    speed.select_option("3600x")
    page.wait_for_function(
        "document.querySelector('.wb-replay select').selectedOptions[0].value === '3600x'"
    )
    assert [{k: c.get(k) for k in ("action", "value", "unit")} for c in state.controls] == [
        {"action": "speed", "value": 3600, "unit": "x"}
    ]


def test_a_server_without_replays_gives_the_result_back(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    page.goto(f"{address}?scenario=plain&bars=300")
    page.wait_for_function(FINISHED)
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("This server cannot tell a run again").wait_for()
    page.wait_for_function(f"{FINISHED} && {ROOT}.dataset.points === '300'")


def test_through_the_kernel_there_is_no_replay(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    story = state.story("relay-500-120-0")
    batch: list[Any] = [story.connected(story.seq, "complete")]
    batch += [m for step in story.steps for m in step if m["type"] in ("status", "complete")]
    page.add_init_script(f"""window.kernel = (content) => {{
        if (content.kind !== "relay") return;
        setTimeout(() => {{
            window.fire("msg:custom", {{ kind: "messages", batch: {json.dumps(batch)} }});
            window.fire("msg:custom", {{ kind: "state", state: "finished" }});
        }});
    }};""")
    page.goto(f"{address}?scenario=relay&bars=120")
    page.wait_for_function(FINISHED)
    assert data(page)["connection"] == "finished"
    assert not page.get_by_role("button", name="Replay").is_visible()


def test_to_the_next_trade_by_button_and_key(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?rate=100&bars=3000")
    paused = f"{ROOT}.dataset.status === 'paused'"
    page.get_by_role("button", name="Run to the next trade").click()
    page.get_by_text("reached 1 trade").wait_for()
    page.wait_for_function(f"{paused} && {NEXT_TRADE_FREE}")
    markers = int(data(page)["markers"])
    assert markers > 0
    page.locator(".wb-title").click()
    page.keyboard.press("t")
    page.wait_for_function(f"{paused} && +{ROOT}.dataset.markers > {markers}")
    asked = {"action": "run_until", "until": {"trades": 1}, "xsrf": "fake-xsrf"}
    assert state.controls == [asked, asked]
    page.wait_for_function(NEXT_TRADE_FREE)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.wait_for_function(f"{ROOT}.dataset.status === 'running'")
    assert [c["action"] for c in state.controls[2:]] == ["step", "resume"]


def test_keys_are_the_views_only_while_it_has_the_focus(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?rate=100&bars=3000")
    page.wait_for_function(f"+{ROOT}?.dataset.points > 10")
    page.evaluate("window.heard = []; addEventListener('keydown', (e) => heard.push(e.key))")
    page.keyboard.press("Space")
    page.keyboard.press("t")
    page.locator(".wb-title").click()
    page.keyboard.press("x")
    page.keyboard.press("Space")
    page.wait_for_function(f"{ROOT}.dataset.status === 'paused'")
    assert page.evaluate("heard") == [" ", "t", "x"]
    assert [c["action"] for c in state.controls] == ["pause"]


def test_a_control_that_was_refused_to_someone_is_told(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?rate=100&bars=3000")
    page.wait_for_function(f"+{ROOT}?.dataset.points > 10")
    state.refusal = {"action": "run_until", "accepted": False, "by": "ana", "reason": "it is late"}
    page.get_by_text("ana asked for run until, which was refused: it is late").wait_for()
    state.refusal = {"action": "speed", "accepted": True, "by": "ana"}
    page.wait_for_function("document.querySelector('.wb-notice').hidden")


def test_a_pressed_button_keeps_the_focus_and_the_keys(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?rate=100&bars=3000")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(f"{ROOT}.dataset.status === 'paused' && {NEXT_TRADE_FREE}")
    page.keyboard.press("t")
    page.get_by_text("reached 1 trade").wait_for()
    assert [c["action"] for c in state.controls] == ["pause", "run_until"]


def test_t_goes_from_trade_to_trade(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    begin(page, address)
    page.keyboard.press("Space")
    state_is(page, "paused")
    page.keyboard.press("Home")
    shown_until(page, times(state)[0])
    steps = enumerate(state.story(RUN).steps)
    fills = [times(state)[i] for i, step in steps if any(m["type"] == "trade" for m in step)]
    for key, fill in (("t", 0), ("t", 1), ("t", 2), ("Shift+T", 1), ("Shift+T", 0)):
        page.keyboard.press(key)
        shown_until(page, fills[fill])
    page.keyboard.press("Shift+T")
    page.get_by_text("There is no trade before this").wait_for()


def test_a_drag_that_ends_where_it_began_does_not_hold_the_bar(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    begin(page, address)
    page.get_by_role("button", name="Pause").click()
    state_is(page, "paused")
    slider = page.get_by_label("Market time")
    slider.evaluate(
        "(e) => { e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('pointerup')); }"
    )
    page.locator(".wb-title").click()
    page.keyboard.press("End")
    state_is(page, "ended")
    page.wait_for_function("(e) => e.value === e.max", arg=slider.element_handle())
