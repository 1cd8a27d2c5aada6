"""The files in git are those the code makes; the page is whole; the command writes them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.cli.contract import FILES
from workbench.contract import files
from workbench.contract.failures import failures
from workbench.contract.operations import OPERATIONS
from workbench.messages import MESSAGE_TYPES

FOLDER = Path(__file__).parents[2] / "docs" / "contract"
VOID = {"meta", "br", "input", "link", "img", "hr"}


@pytest.mark.parametrize("name", files.NAMES)
def test_the_file_in_git_is_current(name):
    made = files.content(name)
    # Compared as lines, so that a failure shows the first that differs and not the whole file.
    kept = (FOLDER / name).read_bytes() if (FOLDER / name).exists() else b""
    different = [
        (old, new)
        for old, new in zip(kept.splitlines(), made.splitlines(), strict=False)
        if old != new
    ]
    assert kept == made, (
        f"docs/contract/{name} is out of date (first difference: {different[:1]}): run "
        "`workbench contract --write docs/contract`"
    )


@pytest.mark.parametrize(
    ("base", "secure", "url", "stream"),
    [
        ("/", False, "http://h:1", {"host": "h:1", "pathname": "/", "protocol": "ws"}),
        ("/a/b/", True, "https://h:1/a/b", {"host": "h:1", "pathname": "/a/b", "protocol": "wss"}),
    ],
)
def test_a_server_puts_its_own_address_and_nothing_else(base, secure, url, stream):
    for name in files.NAMES:
        kept, made = files.content(name), files.served(name, "h:1", base, secure=secure)
        if name not in ("openapi.json", "asyncapi.json"):
            assert made == kept
            continue
        document, here = json.loads(kept), json.loads(made)
        servers = here.pop("servers")
        del document["servers"]
        assert here == document
        if name == "openapi.json":
            assert servers[0]["url"] == url
        else:
            assert servers["jupyter"].items() >= stream.items()


class Page(HTMLParser):
    """Collects ids and links, and sees that tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if "href" in given:
            self.links.append(given["href"])
        self.loads += [given[key] for key in ("src", "data", "action") if key in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page():
    return Page(files.content("index.html").decode())


def test_the_page_is_whole_and_loads_nothing(page):
    assert page.open == []
    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert {link.startswith("#") or link in files.NAMES for link in page.links} == {True}
    text = files.content("index.html").decode()
    assert "@import" not in text
    assert "url(" not in text


def test_every_link_of_the_page_leads_somewhere(page):
    missing = {link for link in page.links if link.startswith("#")} - {f"#{i}" for i in page.ids}
    assert missing == set()


def test_the_page_has_an_anchor_for_everything(page):
    wanted = {f"message-{kind}" for kind in MESSAGE_TYPES}
    wanted |= {f"route-{operation.id}" for operation in OPERATIONS}
    wanted |= {f"error-{failure.code}" for failure in failures()}
    wanted |= {"close-4404", "stream-backtest", "request-control", "type-TradeExtra"}
    assert wanted <= set(page.ids)


def test_text_on_the_page_is_escaped():
    from workbench.contract.page import _text

    assert _text("a < `b & c`") == "a &lt; <code>b &amp; c</code>"


def test_the_command_writes_all(tmp_path, capsys):
    assert main(["contract", "--write", str(tmp_path / "new")]) == 0
    written = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    assert written == {name: files.content(name) for name in files.NAMES}
    assert "schemas.json" in capsys.readouterr().out


def test_the_command_prints_one(capsys):
    assert main(["contract", "openapi.json"]) == 0
    assert capsys.readouterr().out.encode() == files.content("openapi.json")


def test_the_command_lists_what_there_is(capsys):
    assert tuple(FILES) == files.NAMES
    assert main(["contract"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == list(FILES)
