"""One Chromium for many tests: each has a page of its own, none inherits another's trouble."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Playwright
from view_page import ARGUMENTS, CHROMIUM

# Below the limit of a test, with room left for the picture and for another browser.
WAIT_MS = 60_000
ANSWER_MS = 10_000


class OneBrowser:
    """Gives pages, each in a context of its own; a browser that died or hangs is replaced.

    Attributes
    ----------
    errors
        Exceptions of the page given last that nothing in it caught.
    console
        What the page given last wrote to its console, and whether its renderer crashed.
    launches
        Browsers started so far.
    """

    def __init__(self, playwright: Playwright, answer_ms: float = ANSWER_MS) -> None:
        self._playwright = playwright
        self._answer_ms = answer_ms
        self._browser: Browser | None = None
        self._crashed = False
        self.errors: list[str] = []
        self.console: list[str] = []
        self.launches = 0

    def new_page(self) -> Page:
        """Open a page."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._playwright.chromium.launch(
                executable_path=CHROMIUM, args=ARGUMENTS
            )
            self.launches += 1
        context = self._browser.new_context(viewport={"width": 1000, "height": 800})
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        self._crashed = False
        # Lists of its own: what an old page says late is not this one's.
        errors, console = self.errors, self.console = [], []

        def wrote(message: ConsoleMessage) -> None:
            console.append(f"{message.type}: {message.text}")

        def crashed(_: Page) -> None:
            self._crashed = True
            console.append("the page's renderer crashed")

        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", wrote)
        page.on("crash", crashed)
        return page

    def take_back(self, page: Page) -> None:
        """Close a page; the browser too where the page has crashed or does not answer."""
        if self._answers(page):
            page.context.close()
        else:
            self.close()

    def close(self) -> None:
        """End the browser."""
        browser, self._browser = self._browser, None
        if browser is not None:
            with suppress(Error):
                browser.close()

    def describe(self, page: Page, picture: Path) -> str:
        """Say what a page shows and wrote, after a test failed on it; a picture is put aside."""
        said = [*self.console, *(f"uncaught: {error}" for error in self.errors)]
        if not self._answers(page):
            return "\n".join([*said, "the page does not answer any more"])
        with suppress(Error):
            page.screenshot(path=picture, timeout=self._answer_ms)
            said.append(f"picture: {picture}")
        with suppress(Error):
            shown = page.evaluate(
                "[...document.querySelectorAll('.wb-root')]"
                ".map((e) => JSON.stringify(e.dataset) + ' ' + e.innerText).join('\\n')"
            )
            said += [f"address: {page.url}", f"view: {shown}"]
        return "\n".join(said)

    def _answers(self, page: Page) -> bool:
        if self._crashed or self._browser is None or not self._browser.is_connected():
            return False
        try:
            page.wait_for_function("true", timeout=self._answer_ms)
        except Error:
            return False
        return True
