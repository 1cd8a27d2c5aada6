"""The rules as machine code: made of all their source, kept, and taken from where they are kept."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from random_runs import walk

from workbench.engine import BacktestEngine, compiled_driver, compiling, rules
from workbench.engine.machine import Machine
from workbench.engine.native_text import RULES, text
from workbench.engine.signals import Signals

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
FOLDER = Path(rules.__file__).parent


def test_every_room_of_the_rules_is_compiled():
    names = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert set(RULES) == names


def test_names_are_unique_since_they_stand_in_one_file():
    found = [
        node.name
        for path in FOLDER.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert [name for name, count in Counter(found).items() if count > 1] == []


def test_no_constant_is_left_to_be_looked_up():
    tree = ast.parse(text())
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert {name for name in used if name.isupper()} == {"FLOATS", "CALLED"}


@pytest.fixture
def kept() -> bytes:
    """Return the machine code, compiled if it has to be."""
    compiling.native()
    return next(
        compiling._read(path)
        for folder in compiling._folders()
        if (path := folder / f"{compiling._name()}.bin").exists()
    )


def works(machine: Machine | None) -> bool:
    """Tell whether a run with these rules comes to what it should."""
    assert machine is not None
    candles = walk(1, 200)
    entries = np.arange(200) % 20 == 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_driver, "native", lambda: machine)
        engine = BacktestEngine(Signals(entries, np.roll(entries, 9), size=1.0), {"15M": candles})
    engine.advance(200)
    engine.finish()
    return engine.performance.total_trades == 10


def test_the_second_start_needs_no_numba(kept):
    code = (
        "import sys; from workbench.engine.compiling import native; "
        "native(); print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_where_nothing_can_be_kept_it_is_compiled_for_once(kept, monkeypatch, tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    compiled = []
    monkeypatch.setattr(compiling, "_folders", lambda: [nowhere / "folder"])
    monkeypatch.setattr(compiling, "_module", compiled.append)
    monkeypatch.setattr(compiling, "extract", lambda module: kept)
    assert works(compiling.native.__wrapped__())
    assert len(compiled) == 1


def test_what_is_kept_is_not_compiled_again_and_the_oldest_goes(kept, monkeypatch, tmp_path):
    compiled = []
    monkeypatch.setattr(compiling, "_folders", lambda: [tmp_path / "new"])
    monkeypatch.setattr(compiling, "_module", compiled.append)
    monkeypatch.setattr(compiling, "extract", lambda module: kept)
    for number in range(6):
        monkeypatch.setattr(compiling, "_name", lambda number=number: f"rules_{number}")
        assert works(compiling.native.__wrapped__())
        assert works(compiling.native.__wrapped__())
    assert len(compiled) == 6
    left = sorted(path.stem for path in (tmp_path / "new").glob("*.bin"))
    assert left == ["rules_2", "rules_3", "rules_4", "rules_5"]


def test_a_kept_file_that_is_broken_is_made_anew(kept, monkeypatch, tmp_path):
    monkeypatch.setattr(compiling, "_folders", lambda: [tmp_path])
    monkeypatch.setattr(compiling, "_name", lambda: "rules_x")
    monkeypatch.setattr(compiling, "_module", lambda name: None)
    monkeypatch.setattr(compiling, "extract", lambda module: kept)
    (tmp_path / "rules_x.bin").write_bytes(kept[:1000])
    assert works(compiling.native.__wrapped__())


def test_others_folders_are_not_trusted(monkeypatch, tmp_path):
    monkeypatch.setattr(compiling.tempfile, "gettempdir", lambda: str(tmp_path))
    own = tmp_path / f"workbench-compiled-{compiling.os.getuid()}"
    assert own in compiling._folders()
    own.chmod(0o777)
    assert own not in compiling._folders()
