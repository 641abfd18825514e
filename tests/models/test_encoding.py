"""The border between lab and mathematics, crossed in both directions."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ovenbird.datasets import NOT_STATED, CategoricalParameter, NumericParameter, ParameterSpace
from ovenbird.models.encoding import (
    N_IMPUTATIONS,
    Encoding,
    activity,
    codes_of_conditions,
    codes_of_frame,
    conditions_of_codes,
    distinct,
    frame_of_codes,
)

CodesAt = Callable[..., Tensor]
Spaces = Callable[..., st.SearchStrategy[ParameterSpace]]
ConditionsIn = Callable[[ParameterSpace], st.SearchStrategy[dict[str, float | str | None]]]


def encoded(space: ParameterSpace, codes: Tensor) -> Tensor:
    return Encoding(space, space.names).columns(codes, activity(space, codes))


@given(data=st.data())
def test_conditions_survive_the_way_to_codes_and_back(
    data: st.DataObject, random_spaces: Spaces, random_conditions: ConditionsIn
) -> None:
    space = data.draw(random_spaces())
    rows = data.draw(st.lists(random_conditions(space), min_size=1, max_size=4))
    frame = pd.DataFrame(rows, columns=list(space.names))
    codes = codes_of_frame(space, frame)
    assert conditions_of_codes(space, codes) == rows
    assert torch.equal(codes, torch.cat([codes_of_conditions(space, row) for row in rows]))
    assert torch.equal(codes_of_frame(space, frame_of_codes(space, codes)), codes)


@given(data=st.data(), junk=st.floats(-1e3, 1e3))
def test_a_placeholder_never_matters(
    data: st.DataObject, junk: float, random_spaces: Spaces, random_conditions: ConditionsIn
) -> None:
    space = data.draw(random_spaces())
    codes = codes_of_conditions(space, data.draw(random_conditions(space)))
    active = activity(space, codes)
    disturbed = codes.clone()
    for column, parameter in enumerate(space):
        if not active[parameter.name][0]:
            categorical = isinstance(parameter, CategoricalParameter)
            disturbed[0, column] = parameter.n_settings - 1 if categorical else junk
    assert torch.equal(encoded(space, disturbed), encoded(space, codes))
    assert torch.equal(distinct(disturbed, space), distinct(codes, space))
    assert conditions_of_codes(space, disturbed) == conditions_of_codes(space, codes)


@given(data=st.data())
def test_columns_fit_the_unit_cube_and_their_groups(
    data: st.DataObject, random_spaces: Spaces, random_conditions: ConditionsIn
) -> None:
    space = data.draw(random_spaces())
    codes = codes_of_conditions(space, data.draw(random_conditions(space)))
    columns = encoded(space, codes)
    assert columns.shape[-1] == sum(Encoding(space, space.names).group_sizes)
    assert columns.min() >= 0 if columns.numel() else True
    assert columns.max() <= 1 + 1e-12 if columns.numel() else True


def test_not_milled_is_equally_far_from_every_speed(mill: ParameterSpace, codes_at: CodesAt) -> None:
    speed = Encoding(mill, ("speed",))
    settings = [{"milling": "none"}] + [
        {"milling": "planetary", "speed": s, "time": 1} for s in (200, 330, 470, 600)
    ]
    codes = torch.cat([codes_at(mill, temperature=700, hold=3, **row) for row in settings])
    columns = speed.columns(codes, activity(mill, codes))
    far = torch.cdist(columns[:1], columns[1:])[0]
    torch.testing.assert_close(far, far[:1].expand(4))
    near = torch.cdist(columns[1:], columns[1:])
    assert torch.all(near[0, 1:].diff() > 0), "farther speeds must stay farther apart"
    assert far[0] > 0.5


def conditional_category(descriptors: bool) -> ParameterSpace:
    numbers = {"fine": {"size": 1.0}, "medium": {"size": 2.0}, "coarse": {"size": 3.0}} if descriptors else {}
    return ParameterSpace(
        (
            CategoricalParameter(name="additive", values=("none", "carbon")),
            CategoricalParameter(
                name="grade",
                values=("fine", "medium", "coarse"),
                descriptors=numbers,
                when={"additive": ("carbon",)},
            ),
        )
    )


def test_without_additive_is_equally_far_from_every_grade(codes_at: CodesAt) -> None:
    space = conditional_category(descriptors=False)
    rows = [{"additive": "none"}, *({"additive": "carbon", "grade": g} for g in ("fine", "medium", "coarse"))]
    codes = torch.cat([codes_at(space, **row) for row in rows])
    columns = Encoding(space, ("grade",)).columns(codes, activity(space, codes))
    far = torch.cdist(columns[:1], columns[1:])[0]
    torch.testing.assert_close(far, far[:1].expand(3))
    between = torch.cdist(columns[1:], columns[1:])
    torch.testing.assert_close(between, 1 - torch.eye(3).double(), atol=1e-7, rtol=0)


def test_without_additive_is_no_described_grade(codes_at: CodesAt) -> None:
    space = conditional_category(descriptors=True)
    rows = [{"additive": "none"}, *({"additive": "carbon", "grade": g} for g in ("fine", "medium", "coarse"))]
    codes = torch.cat([codes_at(space, **row) for row in rows])
    columns = Encoding(space, ("grade",)).columns(codes, activity(space, codes))
    assert torch.cdist(columns[:1], columns[1:]).min() > 0.4
    between = torch.cdist(columns[1:], columns[1:])
    assert between[0, 1] == pytest.approx(0.5) and between[0, 2] == pytest.approx(1.0)


@pytest.mark.parametrize(("unit", "shift"), [("K", 273.15), ("degC", 0.0)])
def test_kelvin_or_celsius_is_the_same_place(unit: str, shift: float) -> None:
    celsius = ParameterSpace((NumericParameter(name="t", unit="degC", low=600, high=900, step=10),))
    other = ParameterSpace(
        (NumericParameter(name="t", unit=unit, low=600 + shift, high=900 + shift, step=10),)
    )
    here = encoded(celsius, torch.tensor([[600.0], [655.0], [900.0]], dtype=torch.float64))
    there = encoded(other, torch.tensor([[600.0], [655.0], [900.0]], dtype=torch.float64) + shift)
    torch.testing.assert_close(there, here, atol=1e-12, rtol=0)
    assert here[1, 0] == pytest.approx(55 / 300)


def test_a_logarithmic_parameter_counts_ratios() -> None:
    space = ParameterSpace((NumericParameter(name="c", low=0.01, high=1, scale="log"),))
    columns = encoded(space, torch.tensor([[0.01], [0.1], [1.0]], dtype=torch.float64))[:, 0]
    assert columns.tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_an_unstated_number_is_spread_over_its_range(mill: ParameterSpace, codes_at: CodesAt) -> None:
    codes = codes_at(mill, temperature=700, milling="none")
    hold = codes[:, mill.names.index("hold")]
    assert len(codes) == N_IMPUTATIONS
    assert len(hold.unique()) == N_IMPUTATIONS
    assert hold.min() >= 0 and hold.max() <= 12
    assert float(hold.mean()) == pytest.approx(6.0, abs=0.5)
    assert torch.all(codes[:, 0] == 700)


def test_two_unstated_numbers_are_spread_independently(mill: ParameterSpace, codes_at: CodesAt) -> None:
    codes = codes_at(mill, milling="none")
    temperature, hold = codes[:, 0].numpy(), codes[:, 1].numpy()
    assert float(temperature.mean()) == pytest.approx(750, abs=15)
    assert abs(np.corrcoef(temperature, hold)[0, 1]) < 0.5


def test_an_unstated_parent_decides_whether_its_children_are_filled(
    mill: ParameterSpace, codes_at: CodesAt
) -> None:
    rows = conditions_of_codes(mill, codes_at(mill, temperature=700, hold=3))
    assert {row["milling"] for row in rows} == {"none", "planetary"}
    assert sum(row["milling"] == "none" for row in rows) == N_IMPUTATIONS / 2
    for row in rows:
        assert (row["speed"] is None) == (row["milling"] == "none")
        assert (row["time"] is None) == (row["milling"] == "none")


def test_what_is_stated_is_one_row_and_zero_is_a_number(mill: ParameterSpace, codes_at: CodesAt) -> None:
    codes = codes_at(mill, temperature=700, hold=0, milling="none")
    assert len(codes) == 1
    assert conditions_of_codes(mill, codes)[0]["hold"] == 0.0


@given(data=st.data())
def test_every_imputation_is_in_range_and_keeps_what_was_stated(
    data: st.DataObject, random_spaces: Spaces, random_conditions: ConditionsIn
) -> None:
    space = data.draw(random_spaces())
    full = data.draw(random_conditions(space))
    hidden = data.draw(st.sets(st.sampled_from(space.names)))
    stated = {name: value for name, value in full.items() if name not in hidden}
    conditions = space.complete(stated, "test") if not breaks(space, stated) else full
    for row in conditions_of_codes(space, codes_of_conditions(space, conditions)):
        for parameter in space:
            value, said = row[parameter.name], conditions[parameter.name]
            if said is not NOT_STATED and space.applies(parameter, conditions) is True:
                assert value == said
            if space.applies(parameter, row) is False:
                assert value is None
            elif isinstance(parameter, CategoricalParameter):
                assert value in parameter.values
            else:
                assert isinstance(value, float) and not math.isnan(value)
                assert parameter.low - 1e-9 <= value <= parameter.high + 1e-9


def breaks(space: ParameterSpace, stated: dict[str, float | str | None]) -> bool:
    """Whether a child is stated whose parent is hidden: such a row cannot say what it means."""
    return any(
        stated.get(p.name) is not None and any(parent not in stated for parent in p.when) for p in space
    )


def test_descriptors_are_told_apart_by_name_not_by_place() -> None:
    grades = {"a": {"size": 0.0, "charge": 9.0}, "b": {"charge": 9.0, "size": 1.0}}
    space = ParameterSpace((CategoricalParameter(name="grade", values=("a", "b"), descriptors=grades),))
    a, b = encoded(space, torch.tensor([[0.0], [1.0]], dtype=torch.float64))
    assert int((a != b).sum()) == 1, "only the size differs"


def test_a_stated_child_tells_what_its_unstated_parent_was() -> None:
    """A speed is written down, the milling is not: it was the milling that has a speed."""
    space = ParameterSpace(
        (
            CategoricalParameter(name="milling", values=("none", "jet", "ball")),
            NumericParameter(name="speed", low=100, high=600, when={"milling": ("ball",)}),
        )
    )
    codes = codes_of_conditions(space, space.complete({"speed": 300.0}, "here"))
    assert set(codes[:, 0].tolist()) == {2.0} and set(codes[:, 1].tolist()) == {300.0}


def test_unstated_values_of_a_log_scale_are_spread_by_ratio() -> None:
    space = ParameterSpace((NumericParameter(name="dose", low=0.01, high=100, scale="log"),))
    doses = codes_of_conditions(space, space.complete({}, "here"))[:, 0]
    assert float(doses.log10().mean()) == pytest.approx(0, abs=0.3)
