"""What the tests of models and planner share: datasets in one line, and random spaces."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ovenbird.datasets import (
    CategoricalParameter,
    Comparison,
    Dataset,
    Experiment,
    Measurement,
    NumericParameter,
    Parameter,
    ParameterSpace,
    QualifiedValue,
    Status,
    parse_number,
)
from ovenbird.models.beliefs import Beliefs

Made = dict[str, Any]

# Machines that run the suite may be busy: how long an example takes says nothing of its subject.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


def _qualified(value: object) -> QualifiedValue:
    if isinstance(value, bool):
        return QualifiedValue(value)
    return parse_number(value) if isinstance(value, str) else QualifiedValue(float(str(value)))


@pytest.fixture(scope="session")
def line() -> ParameterSpace:
    """One number, x from 0 to 10 in steps of a half."""
    return ParameterSpace((NumericParameter(name="x", low=0, high=10, step=0.5),))


@pytest.fixture(scope="session")
def mill() -> ParameterSpace:
    """Firing, and milling with a speed and a time that exist only for planetary milling."""
    milled = {"milling": ("planetary",)}
    return ParameterSpace(
        (
            NumericParameter(name="temperature", unit="degC", low=600, high=900, step=10),
            NumericParameter(name="hold", unit="h", low=0, high=12, step=0.5),
            CategoricalParameter(name="milling", values=("none", "planetary")),
            NumericParameter(name="speed", unit="rpm", low=200, high=600, step=50, when=milled),
            NumericParameter(name="time", unit="h", low=0.5, high=12, step=0.5, when=milled),
        )
    )


@pytest.fixture(scope="session")
def made() -> Callable[..., Made]:
    """One experiment for `dataset_of`: conditions, and results such as `y=3`, `y=">80"`, `y=[3, 4]`."""

    def row(
        conditions: Mapping[str, object],
        failure: str | None = None,
        status: str | None = None,
        **results: object,
    ) -> Made:
        return {"conditions": conditions, "failure": failure, "status": status, "results": results}

    return row


@pytest.fixture(scope="session")
def dataset_of() -> Callable[..., Dataset]:
    """Dataset of experiments E1, E2... and of comparisons (better, worse, response)."""

    def experiment(space: ParameterSpace, number: int, row: Made) -> Experiment:
        history: list[Measurement] = []
        for response, values in row["results"].items():
            replicates = values if isinstance(values, list) else [values]
            history += [
                Measurement(response=response, value=_qualified(value), replicate=i)
                for i, value in enumerate(replicates, 1)
            ]
        usual = Status.FAILED if row["failure"] else Status.MEASURED
        conditions = space.complete(row["conditions"], f"E{number}", in_range=False)
        return Experiment(
            id=f"E{number}",
            status=Status(row["status"]) if row["status"] else usual,
            planned=conditions,
            executed=conditions,
            failure=row["failure"],
            history=tuple(history),
        )

    def build(
        space: ParameterSpace, rows: Sequence[Made], comparisons: Sequence[tuple[str, str, str]] = ()
    ) -> Dataset:
        return Dataset(
            tuple(experiment(space, number, row) for number, row in enumerate(rows, 1)),
            tuple(Comparison(better=b, worse=w, response=r) for b, w, r in comparisons),
        )

    return build


@st.composite
def _random_spaces(draw: st.DrawFn, most_settings: int = 12) -> ParameterSpace:
    parameters: list[Parameter] = []
    for number in range(draw(st.integers(1, 5))):
        parents = [p for p in parameters if isinstance(p, CategoricalParameter)]
        when: dict[str, tuple[str, ...]] = {}
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            when = {
                parent.name: tuple(draw(st.lists(st.sampled_from(parent.values), min_size=1, unique=True)))
            }
        name = f"p{number}"
        if draw(st.booleans()):
            values = tuple(f"{name}{letter}" for letter in "abcd"[: draw(st.integers(1, 4))])
            parameters.append(CategoricalParameter(name=name, values=values, when=when))
            continue
        low, step = draw(st.integers(-5, 900)) / 10, draw(st.sampled_from([0.05, 0.1, 0.3, 1.0, 25.0]))
        high = round(low + step * draw(st.integers(0, most_settings - 1)), 9)
        log = low > 0 and draw(st.booleans())
        scale = "log" if log else "linear"
        parameters.append(NumericParameter(name=name, low=low, high=high, step=step, scale=scale, when=when))
    return ParameterSpace(tuple(draw(st.permutations(parameters))))


@pytest.fixture(scope="session")
def random_spaces() -> Callable[..., st.SearchStrategy[ParameterSpace]]:
    """Strategy for small spaces of numbers and categories, with conditions nested in any order."""
    return _random_spaces


@st.composite
def _random_conditions(draw: st.DrawFn, space: ParameterSpace) -> dict[str, float | str | None]:
    conditions: dict[str, float | str | None] = {}
    for parameter in space.parents_first:
        if space.applies(parameter, conditions) is not True:
            conditions[parameter.name] = None
        elif isinstance(parameter, CategoricalParameter):
            conditions[parameter.name] = draw(st.sampled_from(parameter.values))
        else:
            steps = round((parameter.high - parameter.low) / parameter.grid_step)
            position = draw(st.integers(0, steps))
            conditions[parameter.name] = round(parameter.low + position * parameter.grid_step, 9)
    return {name: conditions[name] for name in space.names}


@pytest.fixture(scope="session")
def random_conditions() -> Callable[[ParameterSpace], st.SearchStrategy[dict[str, float | str | None]]]:
    """Strategy for conditions of a space, on its steps."""
    return _random_conditions


@pytest.fixture(scope="session")
def led() -> Callable[[Beliefs], Beliefs]:
    """Beliefs of the one process that leads each mixture, for comparison with closed forms."""

    def only(beliefs: Beliefs) -> Beliefs:
        return replace(beliefs, surrogates=tuple(surrogate.lead for surrogate in beliefs.surrogates))

    return only
