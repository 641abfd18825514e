from collections.abc import Callable
from typing import Any

import pytest

from ovenbird.datasets import Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import learn
from ovenbird.models.diagnosis import Diagnosis, diagnose
from ovenbird.models.diagnostics import LeaveOneOutSummary
from ovenbird.models.outliers import Outlier
from ovenbird.models.threads import one_thread

from ..html_checks import text_of


@pytest.fixture(scope="module")
def known(line: ParameterSpace, made: Callable[..., Any], dataset_of: Callable[..., Dataset]) -> Diagnosis:
    assert isinstance(line.parameters[0], NumericParameter)
    rows = [made({"x": x}, area=10 + 2 * x, pure=x > 4) for x in (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)]
    responses = {
        "area": Response(name="area", unit="m2/g", plausible=(0, 100)),
        "pure": Response(name="pure", kind="yes_no"),
    }
    with one_thread():
        return diagnose(learn(dataset_of(line, rows), line, responses, {}))


def test_it_says_how_far_every_response_is_foretold(known: Diagnosis) -> None:
    seen = text_of(known._repr_html_())
    assert "How far it can be trusted" in seen
    assert "area 6 Off by" in seen
    assert "m²/g on average" in seen
    assert "pure 6 Score 0." in seen
    assert repr(known) == "<Diagnosis, values left out in turn: area 6, pure 6>"


def test_one_response_shows_itself(known: Diagnosis) -> None:
    seen = text_of(known.summaries["area"]._repr_html_())
    assert seen.startswith("6 values, each forecast from all other experiments")


def test_without_values_it_says_so() -> None:
    nothing = Diagnosis(left_out=(), summaries={}, units={})
    assert "Nothing has been measured yet." in text_of(nothing._repr_html_())
    assert repr(nothing) == "<Diagnosis, values left out in turn: none>"


def test_what_is_not_obeyed_is_named() -> None:
    odd = Diagnosis(
        left_out=(),
        summaries={"area": LeaveOneOutSummary(n=1, mean_absolute_error=3.0, coverage={0.9: 1.0})},
        units={"area": "m2/g"},
        contradictions=("area was declared to rise with x <b>: it does not",),
        outliers=(Outlier("<i>E1", "area", 99.0, 12.0, 2.0),),
    )
    seen = text_of(odd._repr_html_())
    assert "area was declared to rise with x <b>: it does not" in seen
    assert "<i>E1 : area 99 m²/g fits nothing else (12 m²/g expected): not obeyed." in seen
