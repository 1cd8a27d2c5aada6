"""The view in a real JupyterLab: it draws what the log holds, whatever the kernel does."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest
from lab import (
    PANEL,
    Lab,
    browser_page,
    cell_text,
    lab_server,
    open_notebook,
    run_cell,
    wait_cell,
    write_notebook,
)
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STRATEGY = """
import time
import workbench as wb
from workbench import indicators as ta

class Mine(wb.Strategy):
    fast = 20
    slow = 60
    def init(self):
        self.quick = self.I(ta.sma, self.close, self.fast)
        self.calm = self.I(ta.sma, self.close, self.slow)
    def next(self):
        if ta.crossed_above(self.quick, self.calm):
            self.enter_long(reason="quick <b>over</b> calm")
        elif ta.crossed_below(self.quick, self.calm):
            self.enter_short()

RUN = dict(symbol="EUR-USD", timeframes=["1H"], start="2017-01-01", end="2017-12-29")
"""
STATE = (
    "() => { const e = document.querySelector('[data-connection]'); return e && {...e.dataset}; }"
)
BUSY = f"({PANEL}).context.sessionContext.session.kernel.status === 'busy'"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with lab_server() as server:
        yield server


@pytest.fixture(scope="module")
def page(lab) -> Iterator[Page]:
    with browser_page() as page:
        yield page


def open_cells(page: Page, lab: Lab, name: str, *cells: str) -> None:
    write_notebook(lab.root / name, list(cells))
    page.problems.clear()
    open_notebook(page, lab, name)


def run_and_wait(page: Page, index: int) -> str:
    run_cell(page, index)
    wait_cell(page, index)
    text = cell_text(page, index)
    assert '"output_type": "error"' not in text, text
    return text


def wait_for_view(page: Page, condition: str, timeout_s: float = 90) -> dict[str, str]:
    """Wait until `condition` holds of the view's root element `e`; return its data."""
    page.wait_for_function(
        "() => { const e = document.querySelector('[data-connection]')?.dataset;"
        f" return e && ({condition}); }}",
        timeout=timeout_s * 1000,
    )
    state: dict[str, str] = page.evaluate(STATE)
    return state


def hurry(lab: Lab, run_id: str) -> None:
    """Let a run go as fast as it can."""
    request = urllib.request.Request(
        f"{lab.url}api/backtesting/{run_id}/control",
        data=b'{"action": "speed", "value": 0}',
        headers={"Authorization": f"token {lab.token}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()


def logged(lab: Lab, run_id: str, kind: str) -> int:
    """Count the log's messages of a type."""
    request = urllib.request.Request(
        f"{lab.url}api/backtesting/{run_id}/events?types={kind}",
        headers={"Authorization": f"token {lab.token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return len(json.load(reply)["events"])


def run_id_in(page: Page, index: int) -> str:
    return json.loads(cell_text(page, index))[-1]["data"]["text/plain"].strip("'")


def test_it_draws_while_the_kernel_sleeps_and_shows_what_the_log_holds(page, lab):
    open_cells(
        page, lab, "busy.ipynb",
        STRATEGY + "run = wb.start(Mine, **RUN, speed=200)\nrun",
        "run.id", "import os\nwhile not os.path.exists('enough'):\n    time.sleep(0.1)",
    )  # fmt: skip
    run_and_wait(page, 0)
    run_and_wait(page, 1)
    run_id = run_id_in(page, 1)
    run_cell(page, 2)
    page.wait_for_function(f"() => {BUSY}")
    early = wait_for_view(page, "+e.points > 50 && e.connection === 'live'")
    later = wait_for_view(page, f"+e.points > {early['points']} + 200")
    assert int(later["draws"]) > int(early["draws"])
    hurry(lab, run_id)
    done = wait_for_view(page, "e.status === 'complete' && e.connection === 'finished'")
    assert page.evaluate(f"() => {BUSY}"), "the kernel was to be busy all the while"
    (lab.root / "enough").touch()
    wait_cell(page, 2)
    assert int(done["points"]) == logged(lab, run_id, "equity") > 1000
    assert int(done["markers"]) == logged(lab, run_id, "trade") > 100
    assert page.problems == []


def test_a_finished_run_is_shown_whole_after_a_kernel_restart(page, lab):
    open_cells(
        page, lab, "again.ipynb",
        STRATEGY + "run = wb.start(Mine, **RUN).wait()\nrun.id",
        "import workbench as wb; run = wb.attach(RUN_ID)\nrun",
        "len(run.trades), len(run.equity), run.metrics['total_trades']",
    )  # fmt: skip
    run_and_wait(page, 0)
    run_id = run_id_in(page, 0)
    page.evaluate(f"async () => {{ await ({PANEL}).context.sessionContext.restartKernel(); }}")
    page.evaluate(
        f"id => {{ const c = ({PANEL}).content.widgets[1].model.sharedModel;"
        " c.setSource(c.getSource().replace('RUN_ID', JSON.stringify(id))); }",
        run_id,
    )
    run_and_wait(page, 1)
    done = wait_for_view(page, "e.status === 'complete' && +e.markers > 0")
    assert int(done["points"]) == logged(lab, run_id, "equity")
    assert int(done["markers"]) == logged(lab, run_id, "trade")
    counts = json.loads(run_and_wait(page, 2))[-1]["data"]["text/plain"]
    trades, points, total = (int(text) for text in counts.strip("()").split(", "))
    assert trades == total == logged(lab, run_id, "trade") // 2
    assert points == logged(lab, run_id, "equity")
    assert page.problems == []


def test_a_run_goes_on_when_its_kernel_is_gone(page, lab):
    open_cells(page, lab, "gone.ipynb", STRATEGY + "run = wb.start(Mine, **RUN, speed=200)\nrun.id")
    run_and_wait(page, 0)
    run_id = run_id_in(page, 0)
    page.evaluate(f"async () => {{ await ({PANEL}).context.sessionContext.shutdown(); }}")
    hurry(lab, run_id)
    page.wait_for_function(
        """async ([url, id]) => {
          const reply = await fetch(`${url}api/backtesting/${id}`);
          return (await reply.json()).status === 'complete'; }""",
        arg=[lab.url, run_id],
    )


def test_it_is_an_ipywidget_with_observable_traits_and_buttons_that_work(page, lab):
    open_cells(
        page, lab, "box.ipynb",
        STRATEGY + "import ipywidgets\nrun = wb.start(Mine, **RUN, speed=50)\n"
        "view = run.view()\nseen = []\nview.observe(lambda c: seen.append(c['new']), 'status')\n"
        "ipywidgets.VBox([ipywidgets.Label('mine'), view])",
        "seen, view.status, view.progress > 0, sorted(view.metrics)[:2]",
    )  # fmt: skip
    run_and_wait(page, 0)
    wait_for_view(page, "e.status === 'running' && +e.points > 10")
    page.get_by_role("button", name="Pause").click()
    paused = wait_for_view(page, "e.status === 'paused'")
    page.get_by_role("button", name="Step").click()
    wait_for_view(page, f"+e.seq > {paused['seq']}")
    page.get_by_role("button", name="Resume").click()
    wait_for_view(page, "e.status === 'running'")
    page.get_by_role("button", name="Stop").click()
    wait_for_view(page, "e.status === 'stopped' && e.connection === 'finished'")
    page.wait_for_function(
        f"""() => {{ window.__checks = (window.__checks ?? 0) + 1;
        return ({PANEL}).context.sessionContext.session.kernel.status === 'idle'; }}"""
    )
    text = run_and_wait(page, 1)
    assert "'stopped'" in text
    assert page.problems == []


def test_a_run_deleted_while_watched_is_deleted_here_and_in_python(page, lab):
    open_cells(
        page, lab, "deleted.ipynb",
        STRATEGY + "run = wb.start(Mine, **RUN, speed=50)\nview = run.view()\nview",
        "import threading\ntold = threading.Event()\n"
        "view.observe(lambda c: c['new'] == 'deleted' and told.set(), 'status')\n"
        "run.delete()\ntold.wait(30)",
    )  # fmt: skip
    run_and_wait(page, 0)
    wait_for_view(page, "e.status === 'running' && +e.points > 1")
    assert "True" in run_and_wait(page, 1)
    wait_for_view(page, "e.status === 'deleted' && e.connection === 'deleted'")
    assert page.problems == []


def test_a_run_on_another_server_is_relayed_by_the_kernel(page, lab):
    open_cells(
        page, lab, "relay.ipynb",
        STRATEGY + "from workbench.client.discovery import start_private\n"
        "run = wb.start(Mine, **RUN, server=start_private())\nrun",
        "len(run.events('equity')), len(run.events('trade'))",
        "import os, signal\nfrom workbench.runs import servers\nfrom workbench import paths\n"
        "[os.kill(s.pid, signal.SIGTERM) for s in servers.running(paths.home()) if s.private]",
    )  # fmt: skip
    run_and_wait(page, 0)
    done = wait_for_view(page, "e.status === 'complete' && +e.markers > 0")
    points, markers = json.loads(run_and_wait(page, 1))[-1]["data"]["text/plain"][1:-1].split(",")
    assert (int(done["points"]), int(done["markers"])) == (int(points), int(markers))
    run_and_wait(page, 2)


def test_it_follows_the_theme_and_what_a_strategy_says_is_text(page, lab):
    open_cells(
        page, lab, "theme.ipynb",
        STRATEGY + "run = wb.start(Mine, **RUN).wait()\nrun",
        "class Loud(Mine):\n"
        "    def next(self):\n"
        "        if len(self.close) == 500:\n"
        "            raise ValueError('<img src=x onerror=\"window.pwned=1\">')\n"
        "wb.start(Loud, **RUN)",
    )  # fmt: skip
    run_and_wait(page, 0)
    wait_for_view(page, "e.status === 'complete' && +e.markers > 0")
    shade = (
        "() => getComputedStyle(document.querySelector('[data-connection]')).backgroundColor"
        ".match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
    )
    assert page.evaluate(shade) > 600
    page.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_function(f"() => ({shade})() < 200")
    page.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})"
    )
    run_and_wait(page, 1)
    expect(page.locator("[data-status=error]")).to_contain_text("onerror", timeout=60_000)
    assert page.evaluate("() => window.pwned") is None


# Fast enough that candles close while one looks, with a pace that the page can follow.
MARKET_CELLS = (
    "import workbench as wb, os, time\n"
    'market = wb.market("BTC-USD", timeframes=["1M", "5M"], speed="60x", seed=5)\n'
    "market",
    "while not os.path.exists('seen'):\n    time.sleep(0.1)",
    "[len(market.candles()) > 100, market.view().status, market.view().timeframe,"
    " len(market.view().snapshot) > 0]",
)
MARKET = "document.querySelector('.wb-market')?.dataset"


def test_a_market_moves_while_the_kernel_is_busy(page, lab):
    pytest.importorskip("workbench.feeds.worker", reason="feeds have no process yet")
    open_cells(page, lab, "market.ipynb", *MARKET_CELLS)
    run_and_wait(page, 0)
    run_cell(page, 1)
    page.wait_for_function(f"() => {BUSY}")
    page.wait_for_function(
        f"() => {MARKET}?.status === 'live' && +{MARKET}.candles > 100 && {MARKET}.score !== ''"
    )
    before = page.evaluate(f"() => ({{...{MARKET}}})")
    assert (before["connection"], before["timeframe"]) == ("live", "1M")
    page.wait_for_function(f"() => +{MARKET}.candles > {before['candles']} + 2")
    page.get_by_role("button", name="5M", exact=True).click()
    page.wait_for_function(f"() => {MARKET}.timeframe === '5M' && +{MARKET}.candles > 100")
    page.get_by_text("SYNTHETIC DATA").wait_for()
    assert page.evaluate(f"() => {BUSY}"), "the kernel was to be busy all the while"
    assert int(page.evaluate(f"() => {MARKET}.structure")) > 10
    (lab.root / "seen").touch()
    wait_cell(page, 1)
    assert "[True, 'live', '5M', True]" in run_and_wait(page, 2)
    assert page.problems == []


LIVE_CELLS = (
    "import workbench as wb, os, time\n"
    "class Holds(wb.Strategy):\n"
    "    def next(self):\n"
    "        if not self.position:\n"
    "            self.enter_long(stop_loss=0.98 * self.close[-1], reason='nothing is held')\n"
    'session = wb.live(Holds, symbols=["EUR-USD"], timeframes=["1H"],\n'
    '                  feed={"feed": "replay", "speed": "7200x", "start": "2017-03-01"})\n'
    "session",
    "while not os.path.exists('stopped'):\n    time.sleep(0.1)",
    "[session.status, len(session.trades), len(session.view().snapshot) > 0]",
)
LIVE = "document.querySelector('.wb-live')?.dataset"


def test_a_session_is_flattened_and_stopped_while_the_kernel_is_busy(page, lab):
    open_cells(page, lab, "live.ipynb", *LIVE_CELLS)
    run_and_wait(page, 0)
    run_cell(page, 1)
    page.wait_for_function(f"() => {BUSY}")
    page.wait_for_function(f"() => {LIVE}?.positions === '1' && +{LIVE}.candles > 100")
    shown = page.evaluate(f"() => ({{...{LIVE}}})")
    assert (shown["connection"], shown["broker"], shown["status"]) == ("live", "PAPER", "running")
    page.wait_for_function(f"() => +{LIVE}.candles > {shown['candles']} + 1")
    page.get_by_role("button", name="FLATTEN").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Closes 1 position at market")
    dialog.get_by_role("button", name="Flatten now").click()
    page.wait_for_function(
        f"() => {LIVE}.positions === '0' && {LIVE}.working === '0' && {LIVE}.entries === 'paused'"
        f" && {LIVE}.pending === ''"
    )
    # It goes on watching, and enters nothing.
    flat = page.evaluate(f"() => ({{...{LIVE}}})")
    page.wait_for_function(f"() => +{LIVE}.candles > {flat['candles']} + 2")
    assert page.evaluate(f"() => {LIVE}.markers") == flat["markers"] == "2"
    page.get_by_role("button", name="STOP").click()
    dialog.get_by_role("button", name="Stop now").click()
    page.wait_for_function(f"() => {LIVE}.status === 'stopped' && {LIVE}.connection === 'finished'")
    assert page.evaluate(f"() => {BUSY}"), "the kernel was to be busy all the while"
    (lab.root / "stopped").touch()
    wait_cell(page, 1)
    assert "['stopped', 1, True]" in run_and_wait(page, 2)
    assert page.problems == []
