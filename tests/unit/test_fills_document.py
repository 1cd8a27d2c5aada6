"""docs/fills.md and its pictures say what the engine does now."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from fill_pictures import DOCS, files


@pytest.fixture(scope="module")
def made() -> dict[Path, str]:
    return files()


def test_the_document_and_its_pictures_are_current(made: dict[Path, str]) -> None:
    stale = [
        path.name for path, text in made.items() if not path.exists() or path.read_text() != text
    ]
    assert stale == [], "run python tests/support/fill_pictures.py"


def test_there_is_no_picture_of_a_case_that_is_gone(made: dict[Path, str]) -> None:
    assert set((DOCS / "fills").iterdir()) == {path for path in made if path.suffix == ".svg"}


def test_pictures_are_small_and_well_formed(made: dict[Path, str]) -> None:
    for path, text in made.items():
        if path.suffix == ".svg":
            assert len(text.encode()) <= 4096
            assert ElementTree.fromstring(text).tag.endswith("svg")


def test_every_code_and_reason_is_explained() -> None:
    from workbench.engine.story import _ENDS, _EXITS

    text = (DOCS / "fills.md").read_text()
    names = [*_EXITS.values(), *(code for _, code in _ENDS.values())]
    assert [name for name in names if f"`{name}`" not in text] == []
