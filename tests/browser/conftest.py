"""A page on the fake server, in a real browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_server import Fake, start
from one_browser import OneBrowser
from playwright.sync_api import Page, sync_playwright


@pytest.fixture(scope="module")
def serving() -> Iterator[tuple[str, dict[str, Any]]]:
    """The fake server's address and settings."""
    loop = asyncio.new_event_loop()
    started: list[tuple[Any, str, Fake]] = []
    ready = threading.Event()

    async def serve() -> None:
        started.append(start())
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    server, address, _ = started[0]
    yield address, server.request_callback.settings

    async def stop() -> None:
        server.stop()
        await server.close_all_connections()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


@pytest.fixture
def fake(serving: tuple[str, dict[str, Any]]) -> tuple[str, Fake]:
    """The address, and a state of the test's own: what one left paused no other waits for."""
    address, settings = serving
    settings["fake"] = state = Fake(settings["fake"])
    return address, state


@pytest.fixture(scope="module")
def browser() -> Iterator[OneBrowser]:
    with sync_playwright() as playwright:
        browser = OneBrowser(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: OneBrowser, tmp_path: Path) -> Iterator[Page]:
    """A page; `tmp_path` is where its picture goes when the test fails."""
    page = browser.new_page()
    yield page
    browser.take_back(page)
    assert browser.errors == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failure what the page showed."""
    report = yield
    used = item.funcargs if call.when == "call" and report.failed else {}
    if "page" in used and "browser" in used:
        picture = item.funcargs["tmp_path"] / "page.png"
        report.sections.append(("page", used["browser"].describe(used["page"], picture)))
    return report
