"""The view in a real browser, against the fake server: no kernel, no JupyterLab."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from fake_server import HOUR_MS, Fake
from playwright.sync_api import Page, WebSocketRoute
from view_page import FINISHED, MARKS, ROOT, data

pytestmark = MARKS


def counts(state: Fake, run: str) -> tuple[int, int, int]:
    messages = [m for step in state.story(run).steps for m in step]
    kinds = [m["type"] for m in messages]
    return kinds.count("equity"), kinds.count("trade"), messages[-1]["seq"]


def test_a_finished_run_is_drawn_whole(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=finished&bars=2000")
    page.wait_for_function(f"{FINISHED} && +document.querySelector('.wb-root').dataset.candles > 0")
    shown = data(page)
    points, markers, seq = counts(state, "finished-500-2000-0")
    assert (int(shown["points"]), int(shown["markers"]), int(shown["seq"])) == (
        points, markers, seq,
    )  # fmt: skip
    assert int(shown["candles"]) == 2000
    assert shown["connection"] == "finished"


def test_live_candles_stop_where_the_run_is(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?rate=100&bars=3000")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.candles > 100")
    shown = data(page)
    told = datetime.fromisoformat(shown["time"]).timestamp() * 1000
    first = state.story("live-100-3000-0").candles[0][0]
    assert int(shown["candles"]) == (told - first) // HOUR_MS + 1
    assert shown["status"] == "running"


def test_reasoning_is_shown_as_text(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?scenario=finished&bars=400")
    page.wait_for_function(f"{FINISHED} && +document.querySelector('.wb-root').dataset.candles > 0")
    story = state.story("finished-500-400-0")
    entry = next(m for s in story.steps for m in s if m["data"].get("event") == "entry")
    page.evaluate("window.model.set('height', 400)")
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    share = entry["extra"]["bar"] / 400
    found = False
    for left in range(-12, 13, 4):
        for top in range(4, int(box["height"]), 6):
            page.mouse.move(box["x"] + share * box["width"] + left, box["y"] + top)
            if "not markup" in (page.locator(".wb-tooltip").text_content() or ""):
                found = True
                break
        if found:
            break
    assert found, "no tooltip near the first entry"
    assert page.locator(".wb-tooltip b").count() == 0
    assert "<b>not markup</b>" in (page.locator(".wb-tooltip").text_content() or "")


def test_a_zoom_survives_updates_until_it_is_reset(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    page.goto(f"{address}?rate=200&bars=6000")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.points > 300")
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None

    def left_edge() -> str:
        page.mouse.move(box["x"] + 8, box["y"] + 60)
        page.mouse.move(box["x"] + 1, box["y"] + 60)
        return page.locator(".wb-readout-time").text_content() or ""

    whole = left_edge()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 60, steps=4)
    page.mouse.up()
    draws = int(data(page)["draws"])
    page.wait_for_function(f"+document.querySelector('.wb-root').dataset.draws > {draws + 2}")
    zoomed = left_edge()
    assert zoomed != whole
    points = int(data(page)["points"])
    page.wait_for_function(f"+document.querySelector('.wb-root').dataset.points > {points + 200}")
    assert left_edge() == zoomed
    page.mouse.dblclick(box["x"] + 300, box["y"] + 60)
    draws = int(data(page)["draws"])
    page.wait_for_function(f"+document.querySelector('.wb-root').dataset.draws > {draws + 2}")
    assert left_edge() < zoomed


def test_controls_carry_the_xsrf_token_and_refusals_are_shown(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?rate=100&bars=3000")
    page.get_by_role("button", name="Pause").click()
    # A refusal is of no interest in another state: said before this one, it would be gone.
    page.wait_for_function(f"{ROOT}.dataset.status === 'paused'")
    page.get_by_role("group", name="Run controls").get_by_label("Speed").select_option("20")
    page.get_by_text("This run has no speed to set").wait_for()
    assert state.controls[0] == {"action": "pause", "xsrf": "fake-xsrf"}
    assert state.controls[1]["value"] == 20


def test_without_a_server_or_a_kernel_it_says_so(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    page.goto(f"{address}?scenario=saved")
    page.wait_for_function("document.querySelector('.wb-root')?.dataset.connection === 'silent'")
    assert page.evaluate("window.sent[0]") == {"kind": "relay", "since": 0, "epoch": None}


def test_an_unknown_run_shows_the_servers_words(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    page.goto(f"{address}?scenario=missing")
    page.get_by_text("No backtest is named 'fake'").wait_for()


def test_a_run_deleted_while_watched_says_so(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    page.goto(f"{address}?scenario=deleted&rate=2000&bars=900")
    page.wait_for_function("document.querySelector('.wb-root')?.dataset.status === 'deleted'")
    assert page.locator(".wb-status").text_content() == "Deleted"
    assert "left" not in (page.locator(".wb-progress").text_content() or "")
    assert not page.get_by_role("button", name="Stop").is_visible()
    assert data(page)["connection"] == "deleted"
    assert int(data(page)["points"]) > 0


def test_a_stop_that_is_not_obeyed_shows_that_it_was_asked_for(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, state = fake
    page.goto(f"{address}?rate=50&bars=3000")
    stop = page.get_by_role("button", name="Stop")
    stop.click()
    page.get_by_text("Stopping…").wait_for()
    draws = int(data(page)["draws"])
    page.wait_for_function(f"+document.querySelector('.wb-root').dataset.draws > {draws + 3}")
    assert stop.is_disabled()
    assert page.get_by_role("button", name="Pause").is_disabled()
    assert page.get_by_text("Stopping…").is_visible()
    assert [c["action"] for c in state.controls] == ["stop"]


def test_without_candles_the_trades_are_drawn_at_their_prices(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    page.goto(f"{address}?scenario=bare&rate=1000&bars=3000")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.markers > 10")
    assert data(page)["candles"] == "0"
    # What has a colour in the price pane is a marker: grid and labels are grey.
    coloured = """() => { const c = document.querySelector('.wb-pane canvas');
        const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0;
        for (let i = 0; i < p.length; i += 4)
          if (p[i + 3] > 60 && Math.abs(p[i] - p[i + 1]) > 40) n++;
        return n; }"""
    page.wait_for_function(f"() => ({coloured})() > 200")


@pytest.mark.parametrize("width", [500, 380])
def test_a_narrow_view_cuts_no_name(fake: tuple[str, Fake], page: Page, width: int) -> None:
    address, _ = fake
    page.goto(f"{address}?scenario=finished&bars=400&synthetic=1&width={width}px")
    page.wait_for_function(FINISHED)
    cut = page.evaluate(
        "[...document.querySelectorAll('.wb-title, .wb-facts, .wb-metric .wb-name')]"
        ".filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display"
        " !== 'inline').map((e) => e.textContent)"
    )
    assert cut == []


def test_two_views_share_one_connection(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    opened: list[str] = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    page.goto(f"{address}?scenario=finished&bars=400")
    page.wait_for_function(FINISHED)
    page.evaluate("""() => {
        const el = document.body.appendChild(document.createElement("div"));
        window.closeSecond = window.made.render({ model: window.model, el });
    }""")
    page.wait_for_function(
        "[...document.querySelectorAll('.wb-root')].filter((r) => r.dataset.points === '400')"
        ".length === 2"
    )
    page.evaluate("() => { window.closeView(); window.closeSecond(); window.closeModel(); }")
    assert page.locator(".wb-root").count() == 0
    assert len(opened) == 1


def test_the_speed_menu_shows_the_pace_in_force(fake: tuple[str, Fake], page: Page) -> None:
    address, state = fake
    page.goto(f"{address}?rate=100&bars=3000")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.points > 10")
    chosen = "document.querySelector('.wb-controls select').selectedOptions[0].textContent"
    assert page.evaluate(chosen) == "Speed"
    for told, shown in (({"value": 100}, "100/s"), ({"value": 7, "unit": "x"}, "7×")):
        state.refusal = {"action": "speed", "accepted": True, **told}
        page.wait_for_function(f"{chosen} === '{shown}'")
    page.get_by_role("group", name="Run controls").get_by_label("Speed").select_option("20")
    page.get_by_text("This run has no speed to set").wait_for()
    page.wait_for_function(f"{chosen} === '7×'")


def test_without_a_server_nothing_can_be_pressed_and_nothing_technical_is_said(
    fake: tuple[str, Fake], page: Page
) -> None:
    address, _ = fake
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("/api/ws/"), through)
    page.route(re.compile("/control$"), lambda route: route.abort())
    page.goto(f"{address}?rate=100&bars=3000")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.points > 10")
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    page.get_by_text("The server cannot be reached").wait_for()
    page.unroute(re.compile("/control$"))
    page.route_web_socket(re.compile("/api/ws/"), lambda socket: socket.close(code=1011))
    sockets[0].close(code=1012)
    page.get_by_text("reconnecting for").wait_for()
    page.wait_for_function(
        "[...document.querySelectorAll('.wb-controls button')]"
        ".every((b) => b.ariaDisabled === 'true')"
    )
    assert page.locator(".wb-controls .wb-refused").text_content() == ""
    page.route_web_socket(re.compile("/api/ws/"), lambda socket: socket.connect_to_server())
    page.wait_for_function(
        "document.querySelector('.wb-root').dataset.connection === 'live' &&"
        " document.querySelector('.wb-controls button').ariaDisabled !== 'true'"
    )


def test_the_text_of_the_connection_is_not_cut(fake: tuple[str, Fake], page: Page) -> None:
    address, _ = fake
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("/api/ws/"), through)
    page.goto(f"{address}?rate=100&bars=3000&synthetic=1&width=700px")
    page.wait_for_function("+document.querySelector('.wb-root')?.dataset.points > 10")
    sockets[0].send('{"type": "shutdown", "data": {"reason": "restart", "reconnect_ms": 60000}}')
    sockets[0].close(code=1012)
    page.get_by_text("reconnecting for").wait_for()
    cut = "(e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflow === 'hidden'"
    assert not page.locator(".wb-connection > :last-child").evaluate(cut)
