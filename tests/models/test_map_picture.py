"""Maps: what is forecast where, and which experiments lie on them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from torch import Tensor

from ovenbird.datasets import InputError, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast, YesNoForecast
from ovenbird.models.map_picture import map_figure
from ovenbird.models.response_map import places_made, response_map

CALCINED = ("temperature", "hold")
RESPONSES = [
    Response(name="pure", kind="yes_no", depends_on=CALCINED),
    Response(name="capacity", unit="mAh/g", plausible=(0, 370), relative_noise=0.04),
]
MILLED = {"temperature": 700.0, "hold": 3.0, "milling": "planetary"}


def marks(axes: Axes) -> dict[object, int]:
    """Number of points of everything that is drawn from points, by its label."""
    counts = {one.get_label(): np.asarray(one.get_xdata()).size for one in axes.lines}
    return {label: count for label, count in counts.items() if count}


@pytest.fixture(scope="module")
def beliefs(
    learned: Callable[..., Beliefs], made: Callable[..., dict[str, Any]], mill: ParameterSpace
) -> Beliefs:
    rows = [
        made({"temperature": 600, "hold": 3, "milling": "none"}, pure=False),
        made({"temperature": 700, "hold": 3, "milling": "none"}, pure=True, capacity="~100"),
        made({**MILLED, "speed": 300, "time": 6}, pure=True, capacity=220),
        made({**MILLED, "speed": 450, "time": 6}, pure=True, capacity=[250, 260]),
        made({**MILLED, "speed": 600, "time": 12}, capacity=">300"),
        made({**MILLED, "speed": 450, "time": 3}),
        made({"temperature": 650, "milling": "none"}, pure=False),
        made({"temperature": 1000, "hold": 3, "milling": "none"}, pure=True),
    ]
    return learned(mill, RESPONSES, rows, [("E4", "E6", "capacity")])


def test_a_map_is_the_forecast_at_every_setting(
    beliefs: Beliefs, mill: ParameterSpace, codes_at: Callable[..., Tensor]
) -> None:
    found = response_map(beliefs, "capacity", "speed", "time", MILLED)
    assert found.x.tolist() == [200 + 50 * i for i in range(9)] and len(found.y) == 24
    assert found.low is not None and found.high is not None
    for row, column in ((0, 0), (11, 5), (23, 8)):
        codes = codes_at(mill, **MILLED, speed=found.x[column], time=found.y[row])
        expected = beliefs.forecast("capacity", codes)
        assert isinstance(expected, NumberForecast)
        shown = [part[row, column] for part in (found.low, found.value, found.high)]
        assert shown == pytest.approx([float(x) for x in (expected.low, expected.median, expected.high)])


def test_what_does_not_matter_need_not_be_fixed(
    beliefs: Beliefs, mill: ParameterSpace, codes_at: Callable[..., Tensor]
) -> None:
    found = response_map(beliefs, "pure", "temperature", "hold", {})
    expected = beliefs.forecast("pure", codes_at(mill, temperature=650, hold=6, milling="none"))
    assert isinstance(expected, YesNoForecast)
    row, column = found.y.tolist().index(6), found.x.tolist().index(650)
    assert found.value[row, column] == pytest.approx(float(expected.probability)) and found.low is None


@pytest.mark.parametrize(
    ("response", "axes", "fixed", "said"),
    [
        ("pure", ("temperature", "milling"), {}, "two parameters that are numbers, 'milling' is none"),
        ("capacity", ("speed", "time"), {"temperature": 700.0, "hold": 3.0}, "milling is missing"),
        ("capacity", ("speed", "time"), {**MILLED, "milling": "none"}, "does not apply when milling is none"),
        ("capacity", ("temperature", "hold"), {"milling": "planetary"}, "speed is missing"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    beliefs: Beliefs, response: str, axes: tuple[str, str], fixed: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as raised:
        response_map(beliefs, response, *axes, fixed)
    assert said in str(raised.value)


def test_experiments_lie_where_they_were_made(beliefs: Beliefs) -> None:
    places = {p.experiments: p for p in places_made(beliefs, "capacity", "speed", "time", MILLED)}
    assert {names: place.answers for names, place in places.items()} == {
        ("E3",): ("220",),
        ("E4",): ("255",),
        ("E5",): (">300",),
        ("E6",): (),  # known only from a comparison
    }
    assert places[("E5",)].x == (600, 600) and places[("E5",)].y == (12, 12)


def test_only_what_matters_must_agree_and_what_is_not_stated_is_a_line(beliefs: Beliefs) -> None:
    """Milled or not, purity is that of the calcined powder; 1000 degC is beyond the map."""
    places = {p.experiments: p for p in places_made(beliefs, "pure", "temperature", "hold", {})}
    assert set(places) == {("E1",), ("E2", "E3", "E4"), ("E7",)}
    unstated = places[("E7",)]
    assert unstated.x == (650, 650) and unstated.y[1] - unstated.y[0] > 6


def test_the_picture_shows_map_experiments_and_units(beliefs: Beliefs) -> None:
    figure = map_figure(beliefs, "capacity", "speed", "time", MILLED)
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("speed [rpm]", "time [h]")
    assert bar.get_ylabel() == "capacity, median [mAh/g]"
    (mesh,) = [one for one in axes.collections if isinstance(one, QuadMesh)]
    found = response_map(beliefs, "capacity", "speed", "time", MILLED)
    assert np.asarray(mesh.get_array()).reshape(found.value.shape) == pytest.approx(found.value)
    assert marks(axes) == {"measured": 3, "only compared": 1}
    assert {"220", "255", ">300"} <= {text.get_text() for text in axes.texts}
    assert "temperature 700\N{NO-BREAK SPACE}°C" in axes.get_title("left")
    assert "mAh/g" in figure.get_suptitle()


def test_a_map_of_yes_and_no(beliefs: Beliefs) -> None:
    figure = map_figure(beliefs, "pure", "temperature", "hold", {})
    axes, bar = figure.axes
    assert bar.get_ylabel() == "probability of pure [%]" and axes.get_xlabel() == "temperature [°C]"
    marked = marks(axes)
    assert marked["yes"] == 1 and marked["no"] == 2 and "hold not stated" in marked
    assert "n = 3" in {text.get_text() for text in axes.texts}
