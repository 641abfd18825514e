"""Campaign files to start from."""

from pathlib import Path

import pytest

from ovenbird.campaigns.definition import read_definition
from ovenbird.campaigns.library import library_names, library_path
from ovenbird.campaigns.new_file import new_campaign_text, write_new
from ovenbird.datasets import InputError, NotFound


@pytest.mark.parametrize("source", [None, *library_names()])
@pytest.mark.parametrize("name", ["alloy", "alloy-2", "007", "null", "True", "1e3"])
def test_a_new_file_is_in_order_as_it_stands(tmp_path: Path, name: str, source: str | None) -> None:
    file = tmp_path / f"{name}.yaml"
    write_new(file, new_campaign_text(name, source))
    assert read_definition(file).name == name


def test_a_copy_keeps_everything_but_the_name() -> None:
    original = library_path("ltvo").read_text(encoding="utf-8").splitlines()
    copy = new_campaign_text("mine", "ltvo").splitlines()
    changed = [(old, new) for old, new in zip(original, copy, strict=True) if old != new]
    assert ("name: ltvo", "name: mine") in changed and len(changed) == 2
    assert all(old.replace("ltvo", "mine") == new for old, new in changed)


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "alloy.yaml"
    file.write_text("mine")
    with pytest.raises(InputError, match="there is such a file already"):
        write_new(file, new_campaign_text("alloy", None))
    assert file.read_text() == "mine"


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_new(tmp_path / "missing" / "alloy.yaml", "name: alloy")


@pytest.mark.parametrize("name", ["", "a b", "../a", "-a", "ä"])
def test_a_name_that_could_not_name_a_file_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="must begin with a letter or digit"):
        new_campaign_text(name)


def test_an_unknown_source_lists_what_there_is() -> None:
    with pytest.raises(NotFound, match="it has"):
        new_campaign_text("alloy", "lvto")
