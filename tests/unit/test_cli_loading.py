"""Strategies and parameters as a command line names them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
import pytest

from workbench.cli.loading import load_strategy, parse_params
from workbench.errors import InvalidRequest, StrategyError, UnknownParameter, UnknownStrategy

SOURCE = """
import workbench as wb
LEVEL = 3
class Mine(wb.Strategy):
    n = 40
    share = 0.5
    loud = False
    mode = "calm"
    def next(self):
        return LEVEL
"""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "my_strategy.py"
    path.write_text(SOURCE)
    before = list(sys.path)
    yield path
    sys.path[:] = before
    module = sys.modules.pop("_strategy_file_my_strategy", None)
    if hasattr(module, "Mine"):
        cloudpickle.unregister_pickle_by_value(module)


def test_a_class_of_a_file_reaches_a_process_that_lacks_the_file(source: Path) -> None:
    kind = load_strategy(f"{source}:Mine")
    assert isinstance(kind, type)
    data = cloudpickle.dumps(kind)
    source.unlink()
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).next(None))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=data,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert done.stdout.strip() == b"3"


def test_a_registered_name_is_left_alone() -> None:
    assert load_strategy("sma_cross") == "sma_cross"


def test_what_is_wrong_with_a_file_is_named(source: Path) -> None:
    with pytest.raises(UnknownStrategy, match="there are Mine"):
        load_strategy(f"{source}:Other")
    with pytest.raises(UnknownStrategy, match="there are Mine"):
        load_strategy(str(source))
    with pytest.raises(UnknownStrategy, match="There is no file"):
        load_strategy("nowhere.py:Mine")
    source.write_text("import no_such_module")
    with pytest.raises(StrategyError, match="no_such_module"):
        load_strategy(f"{source}:Mine")


def test_values_take_the_type_of_the_parameter(source: Path) -> None:
    kind = load_strategy(f"{source}:Mine")
    pairs = ["n=7", "share=1", "loud=yes", "mode=5"]
    assert parse_params(pairs, kind) == {"n": 7, "share": 1.0, "loud": True, "mode": "5"}


@pytest.mark.parametrize("pair", ["n=1.5", "n=x", "loud=maybe", "share=", "other=1"])
def test_wrong_values_and_names_are_refused(source: Path, pair: str) -> None:
    kind = load_strategy(f"{source}:Mine")
    with pytest.raises(UnknownParameter, match=pair.partition("=")[0]):
        parse_params([pair], kind)


def test_a_pair_needs_an_equals_sign() -> None:
    with pytest.raises(InvalidRequest, match="name=value"):
        parse_params(["fast"], "sma_cross")
