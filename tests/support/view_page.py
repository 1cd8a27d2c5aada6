"""What the tests of the view share: the browser, when to run, what the view says of itself."""

from __future__ import annotations

import os
import shutil

import pytest
from fake_server import STATIC
from playwright.sync_api import Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
ROOT = "document.querySelector('.wb-root')"
FINISHED = f"{ROOT}?.dataset.status === 'complete'"

NEXT_TRADE_FREE = "document.querySelector('[title$=\"(t)\"]').ariaDisabled !== 'true'"

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not (STATIC / "widget.js").exists(), reason="the frontend is not built"),
]


def data(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("({...document.querySelector('.wb-root').dataset})")
    return found
