"""What the tests of campaign files share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovenbird.campaigns.definition import definition_from, read_definition
from ovenbird.datasets import InputError

# The complete example of the design, word for word, with its lab section.
DESIGN_EXAMPLE = (Path(__file__).parent / "design_example.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def design_example() -> str:
    """The design's campaign file."""
    return DESIGN_EXAMPLE


@pytest.fixture
def faults_of(tmp_path: Path) -> Callable[[str, str], tuple[str, ...]]:
    """Sentences about the design's campaign file with one piece of it replaced."""

    def read(piece: str, replacement: str) -> tuple[str, ...]:
        assert DESIGN_EXAMPLE.count(piece) == 1, f"'{piece}' must stand once in the example"
        file = tmp_path / "ltvo.yaml"
        file.write_text(DESIGN_EXAMPLE.replace(piece, replacement), encoding="utf-8")
        with pytest.raises(InputError) as raised:
            read_definition(file)
        return raised.value.faults

    return read


@pytest.fixture(scope="session")
def minimal() -> Callable[..., dict[str, Any]]:
    """Keys of the smallest campaign, with some of them changed."""

    def keys(**changes: object) -> dict[str, Any]:
        smallest = {
            "name": "alloy",
            "parameters": {"x": {"from": 0, "to": 1}},
            "responses": {"y": {}},
            "goal": {"maximise": "y"},
        }
        return smallest | changes

    return keys


@pytest.fixture(scope="session")
def faults_in(minimal: Callable[..., dict[str, Any]]) -> Callable[..., tuple[str, ...]]:
    """Sentences about the smallest campaign with some of its keys changed."""

    def read(**changes: object) -> tuple[str, ...]:
        with pytest.raises(InputError) as raised:
            definition_from(minimal(**changes))
        return raised.value.faults

    return read
