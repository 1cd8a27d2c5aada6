"""The examples of the documentation's section on the Python client run as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bodies import SPEC_BODY

from workbench.client import Server, Stream, connect
from workbench.client.run import Run

from .conftest import TOKEN, start_run

TEXT = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT.split("## Python client")[1], re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    from .conftest import ServerProcess

    process = ServerProcess(tmp_path_factory.mktemp("documented"))
    server = process.start()
    run_id = start_run(server, {**SPEC_BODY, "strategy_ids": ["sma_cross"]})
    yield {"run_id": run_id, "url": server.url, "token": TOKEN}
    process.stop()


@pytest.mark.parametrize(
    ("example", "words"),
    list(zip(EXAMPLES, ["total return", "complete after", ":00Z "], strict=True)),
    ids=["plain", "asyncio", "market"],
)
def test_examples_run(place, example, words, capsys):
    exec(compile(example, "docs/clients.md", "exec"), dict(place))
    assert words in capsys.readouterr().out


def test_a_handle_offers_the_same(place):
    server = connect(place["url"], place["token"])
    assert isinstance(server, Server)
    run = Run(place["run_id"], server)
    whole = list(run.follow())
    with run.stream(since=whole[-3].seq, epoch=whole[0].data.epoch) as stream:
        assert [message.type for message in stream] == ["connected", *(m.type for m in whole[-2:])]
    assert isinstance(run.replay("3600x"), Stream)
    assert repr(run.astream()).startswith("<AsyncStream of ")
    for batch in run.stream(columns=True).batches():
        assert batch
