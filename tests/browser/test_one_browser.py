"""A page that crashed or hangs costs its own test, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from one_browser import OneBrowser
from playwright.sync_api import Error, sync_playwright
from view_page import MARKS

pytestmark = MARKS


@pytest.fixture(scope="module")
def browser() -> Iterator[OneBrowser]:
    with sync_playwright() as playwright:
        browser = OneBrowser(playwright, answer_ms=2_000)
        yield browser
        browser.close()


def test_a_page_that_is_well_leaves_the_browser_and_nothing_else(browser: OneBrowser) -> None:
    first = browser.new_page()
    launches = browser.launches
    first.evaluate("console.warn('seen')")
    first.context.add_cookies([{"name": "left", "value": "1", "url": "http://127.0.0.1/"}])
    browser.take_back(first)
    second = browser.new_page()
    assert second.context.cookies() == []
    assert (browser.launches, browser.console) == (launches, [])
    browser.take_back(second)


def test_after_a_crash_another_browser_is_there(browser: OneBrowser, tmp_path: Path) -> None:
    page = browser.new_page()
    launches = browser.launches
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    told = browser.describe(page, tmp_path / "page.png")
    assert told.splitlines()[0] == "the page's renderer crashed"
    browser.take_back(page)
    other = browser.new_page()
    assert other.evaluate("6 * 7") == 42
    assert browser.launches == launches + 1
    browser.take_back(other)


def test_a_page_that_hangs_is_told_and_replaced(browser: OneBrowser, tmp_path: Path) -> None:
    page = browser.new_page()
    launches = browser.launches
    page.evaluate("() => { console.log('before'); setTimeout(() => { while (true); }); }")
    told = browser.describe(page, tmp_path / "page.png")
    assert told.splitlines() == ["log: before", "the page does not answer any more"]
    browser.take_back(page)
    other = browser.new_page()
    assert other.evaluate("6 * 7") == 42
    assert browser.launches == launches + 1
    browser.take_back(other)


def test_a_failure_comes_with_what_was_shown(browser: OneBrowser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.set_content("<div class='wb-root' data-status='running'>Running</div>")
    told = browser.describe(page, tmp_path / "page.png")
    assert 'view: {"status":"running"} Running' in told
    assert (tmp_path / "page.png").stat().st_size > 0
    browser.take_back(page)
