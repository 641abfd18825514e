"""The tutorial notebook runs from top to bottom, and what it tells comes true."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.ipynb"
_SECONDS = 300  # for one cell, on a machine that does other things besides

# What a reader would see, asked for in one more cell.
_FACTS = """
import json

print(json.dumps({
    "first": {s.experiment: dict(s.conditions) for s in first.samples},
    "second": {s.experiment: dict(s.conditions) for s in second.samples},
    "known": [e.id for e in campaign.own_dataset().experiments],
    "measured": [e.id for e in campaign.own_dataset().experiments if e.values("phase_pure")],
    "expected": sorted({n for s in second.suggestions for n in s.forecast}),
    "record": len(summary.beliefs.record),
    "files": sorted(path.name for path in folder.iterdir()),
    "report": (folder / "week-49.html").read_text(encoding="utf-8"),
}))
"""


def _executed() -> nbformat.NotebookNode:
    """The notebook after all of its cells have run in a kernel of their own, away from the user's settings."""
    notebook = nbformat.read(TUTORIAL, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(_FACTS))
    with tempfile.TemporaryDirectory() as short, pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, short)
        client = NotebookClient(
            notebook,
            # Sockets are files, so that two test runs cannot take each other's port; their paths must be short.
            km=AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{short}/socket"),
            timeout=_SECONDS,
            allow_errors=True,
            resources={"metadata": {"path": short}},
        )
        return client.execute(cleanup_kc=True)


def _outputs(notebook: nbformat.NotebookNode) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.slow
def test_it_runs_from_top_to_bottom() -> None:
    notebook = _executed()
    outputs = _outputs(notebook)
    failed = [output.evalue for output in outputs if output.output_type == "error"]
    warned = [output.text for output in outputs if output.get("name") == "stderr"]
    assert (failed, warned) == ([], [])
    _check_what_is_shown([output.data for output in outputs if output.output_type == "execute_result"])
    _check_what_came_true(json.loads(notebook.cells[-1].outputs[0].text))


def _check_what_is_shown(shown: Sequence[Mapping[str, str]]) -> None:
    """Figures are pictures, and values show themselves."""
    assert sum("image/png" in data for data in shown) == 3
    pages = [data["text/html"] for data in shown if "text/html" in data]
    titles = ("glow: A powder", "How far it can be trusted", "2026-W48", "2026-W49", "Stop or go on?")
    for title in titles:
        assert any(title in page for page in pages)


def _check_what_came_true(facts: Mapping[str, Any]) -> None:
    """The second week follows from the first, and the papers are there."""
    first, second = facts["first"], facts["second"]
    assert first and second and not set(first) & set(second)
    assert {*first, *second} < set(facts["known"])
    assert all(id_.startswith("GLOW-0") for id_ in (*first, *second))
    assert set(first) < set(facts["measured"]) and not set(second) & set(facts["measured"])
    assert sorted(map(str, first.values())) != sorted(map(str, second.values()))
    assert facts["expected"] == ["glow_time", "grain_size", "phase_pure"]
    assert facts["record"] >= len(first)
    assert facts["files"] == ["my_powders.csv", "week-48.xlsx", "week-49.html"]
    assert all(id_ in facts["report"] for id_ in second)


def test_it_is_kept_without_outputs() -> None:
    notebook = nbformat.read(TUTORIAL, as_version=4)
    assert _outputs(notebook) == []
    assert all(cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
    assert TUTORIAL.stat().st_size < 40_000
