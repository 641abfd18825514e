"""What a chemist may expect of the surrogates: every kind of statement is heard, and only where it applies."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ovenbird.datasets import InputError, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast
from ovenbird.models.evidence import PROCESS_WORKS
from ovenbird.models.features import Belief, PowerLaw
from ovenbird.models.joint_samples import JointSamples

Made = Callable[..., dict[str, Any]]
CodesAt = Callable[..., Tensor]
Learned = Callable[..., Beliefs]
Medians = Callable[[Beliefs, str, Tensor], Tensor]

CAPACITY = Response(name="y", plausible=(0, 300), relative_noise=0.04)
FREE = Response(name="y", absolute_noise=0.5)
PURE = Response(name="pure", kind="yes_no")


def along(n: int = 11) -> Tensor:
    return torch.linspace(0, 10, n, dtype=torch.float64)[:, None]


def at(*x: float) -> Tensor:
    return torch.tensor([list(x)], dtype=torch.float64)


def test_a_lower_bound_raises_the_forecast_and_an_upper_one_lowers_it(
    learned: Learned, made: Made, line: ParameterSpace, medians: Medians
) -> None:
    def middle(*values: str) -> float:
        return float(medians(learned(line, [CAPACITY], [made({"x": 5}, y=v) for v in values]), "y", at(5)))

    nothing = middle()
    assert nothing == pytest.approx(150, abs=1)
    assert middle(">200") > nothing + 20 and middle("<60") < nothing - 20
    assert middle(">250") > middle(">150") > nothing


def test_a_bound_is_nearly_kept(learned: Learned, made: Made, line: ParameterSpace) -> None:
    forecast = learned(line, [CAPACITY], [made({"x": 5}, y=">200")]).forecast("y", at(5))
    assert isinstance(forecast, NumberForecast)
    # 155 over all hyperparameters; of eight, one with a large noise may put it at 130.
    assert float(forecast.low) > 125
    assert float(forecast.high) > 260, "a bound says nothing about how far above"


def test_an_approximate_value_is_believed_less_than_an_exact_one(
    learned: Learned, made: Made, line: ParameterSpace
) -> None:
    rows = [({"x": 5}, {"y": 200}), ({"x": 5}, {"y": "~200"})]
    widths = []
    for where, values in rows:
        forecast = learned(line, [CAPACITY], [made(where, **values)]).forecast("y", at(5))
        assert isinstance(forecast, NumberForecast)
        widths.append(float(forecast.high - forecast.low))
    assert widths[1] > widths[0]


def test_replicates_narrow_the_forecast(learned: Learned, made: Made, line: ParameterSpace) -> None:
    variances = []
    for values in ([200], [200, 200, 200, 200]):
        beliefs = learned(line, [CAPACITY], [made({"x": 5}, y=values), made({"x": 1}, y=100)])
        variances.append(float(beliefs.latent("y", at(5))[1]))
    assert variances[1] < variances[0]


@pytest.mark.parametrize(
    "response", [CAPACITY, FREE, Response(name="y", kind="yes_no")], ids=lambda r: r.kind
)
def test_a_comparison_alone_moves_the_two_apart(
    response: Response, learned: Learned, made: Made, line: ParameterSpace, medians: Medians
) -> None:
    rows = [made({"x": 2}), made({"x": 8})]
    places = torch.tensor([[2.0], [8.0]], dtype=torch.float64)
    before = medians(learned(line, [response], rows), "y", places)
    after = medians(learned(line, [response], rows, [("E2", "E1", "y")]), "y", places)
    assert float(before.diff()) == pytest.approx(0, abs=1e-6)
    assert float(after[1]) > float(before[1]) and float(after[0]) < float(before[0])
    turned = medians(learned(line, [response], rows, [("E1", "E2", "y")]), "y", places)
    torch.testing.assert_close(turned, after.flip(0), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("response", [CAPACITY, PURE], ids=lambda r: r.kind)
def test_what_a_response_does_not_depend_on_never_changes_it(
    response: Response, learned: Learned, made: Made, plane: ParameterSpace, medians: Medians
) -> None:
    only_x = Response(
        name=response.name,
        kind=response.kind,
        plausible=response.plausible,
        relative_noise=response.relative_noise,
        depends_on=("x",),
    )
    values = [True, False, True] if response.is_yes_no else [100, 200, 130]
    rows = [
        made({"x": x, "z": z}, **{response.name: v})
        for x, z, v in zip((1, 5, 9), (0, 10, 3), values, strict=True)
    ]
    beliefs = learned(plane, [only_x], rows)
    codes = torch.cat([torch.full((11, 1), 4.0).double(), along()], dim=1)
    across = medians(beliefs, response.name, codes)
    assert float(across.max() - across.min()) < 1e-9 * float(across.max())
    free = medians(learned(plane, [response], rows), response.name, codes)
    assert float(free.max() - free.min()) > 1e-3 * float(free.max())


@pytest.mark.parametrize(("declared", "sign"), [("rises_with", 1), ("falls_with", -1)])
@pytest.mark.parametrize("kind", ["number", "yes_no"])
def test_a_declared_trend_is_believed_before_and_with_agreeing_data(
    declared: str, sign: int, kind: str, learned: Learned, made: Made, line: ParameterSpace, medians: Medians
) -> None:
    plausible = (0, 300) if kind == "number" else None
    response = Response(name="y", kind=kind, plausible=plausible, **{declared: ("x",)})  # pyright: ignore
    before = medians(learned(line, [response]), "y", along()) * sign
    assert torch.all(before.diff() > 0)
    values = [True, True, False, False] if kind == "yes_no" else [240, 180, 90, 60]
    places = (9, 7, 3, 1) if sign > 0 else (1, 3, 7, 9)
    rows = [made({"x": x}, y=v) for x, v in zip(places, values, strict=True)]
    after = medians(learned(line, [response], rows), "y", along()) * sign
    assert (after.diff() > 0).double().mean() >= 0.8
    assert float(after[-1] - after[0]) > 0


def test_data_overrule_a_wrong_trend(
    learned: Learned, made: Made, line: ParameterSpace, medians: Medians
) -> None:
    response = Response(name="y", plausible=(0, 300), rises_with=("x",))
    rows = [made({"x": x}, y=280 - 25 * x) for x in (0, 1, 3, 5, 7, 8, 10)]
    after = medians(learned(line, [response], rows), "y", along(3))
    assert float(after[0]) > float(after[1]) > float(after[2])


def test_a_trend_with_a_dose_is_a_trend_with_what_it_is_made_of(
    learned: Learned, mill: ParameterSpace, codes_at: CodesAt, medians: Medians
) -> None:
    dose = PowerLaw(name="dose", exponents={"speed": Belief(3.0, 0.6), "time": Belief(1.0, 0.3)})
    response = Response(name="y", plausible=(0, 300), rises_with=("dose",))
    beliefs = learned(mill, [response], features={"dose": dose})
    codes = [codes_at(mill, temperature=700, hold=3, milling="none")]
    codes += [
        codes_at(mill, temperature=700, hold=3, milling="planetary", speed=s, time=t)
        for s, t in ((200, 0.5), (300, 1), (300, 4), (600, 4), (600, 12))
    ]
    assert torch.all(medians(beliefs, "y", torch.cat(codes)).diff() > 0)


CHAIN = [
    Response(name="area", plausible=(0, 300), relative_noise=0.05),
    Response(name="y", plausible=(0, 300), relative_noise=0.04, through=("area",)),
]


def test_a_parent_alone_teaches_about_its_child(
    learned: Learned, made: Made, line: ParameterSpace, medians: Medians
) -> None:
    rows = [made({"x": 1}, area=20, y=60), made({"x": 4}, area=100, y=140), made({"x": 5}, area=140, y=180)]
    here = at(9.5)
    low = medians(learned(line, CHAIN, [*rows, made({"x": 9.5}, area=5)]), "y", here)
    high = medians(learned(line, CHAIN, [*rows, made({"x": 9.5}, area=290)]), "y", here)
    assert float(high) > float(low) + 30
    unlinked = [CHAIN[0], CAPACITY]
    alone = [medians(learned(line, unlinked, [*rows, made({"x": 9.5}, area=a)]), "y", here) for a in (5, 290)]
    assert float(alone[0]) == pytest.approx(float(alone[1]))


def test_a_failed_synthesis_lowers_the_chance_to_work_around_it(
    learned: Learned, made: Made, line: ParameterSpace
) -> None:
    rows = [made({"x": 1}, y=100), made({"x": 3}, y=120), made({"x": 9}, failure="process")]
    beliefs = learned(line, [CAPACITY], rows)
    works = beliefs.probability_of_yes(PROCESS_WORKS, along())
    assert beliefs.knows_failures
    assert float(works[9]) < 0.4 < 0.6 < float(works[1])
    assert int(works.argmin()) >= 8
    nothing = medians_of(learned(line, [CAPACITY], rows[:2]))
    torch.testing.assert_close(medians_of(beliefs), nothing, atol=1e-9, rtol=0)


def medians_of(beliefs: Beliefs) -> Tensor:
    forecast = beliefs.forecast("y", along())
    assert isinstance(forecast, NumberForecast)
    return forecast.median


def test_a_broken_furnace_teaches_nothing(learned: Learned, made: Made, line: ParameterSpace) -> None:
    rows = [made({"x": 1}, y=100), made({"x": 8}, y=200)]
    with_failure = learned(line, [CAPACITY], [*rows, made({"x": 5}, failure="equipment", y=10)])
    assert not with_failure.knows_failures
    torch.testing.assert_close(medians_of(with_failure), medians_of(learned(line, [CAPACITY], rows)))


def test_an_experiment_still_running_teaches_nothing_yet(
    learned: Learned, made: Made, line: ParameterSpace
) -> None:
    rows = [made({"x": 1}, y=100), made({"x": 8}, failure="process")]
    running = learned(line, [CAPACITY], [*rows, made({"x": 5}, status="running")])
    assert running.evidence.size == learned(line, [CAPACITY], rows).evidence.size


def test_the_smallest_of_two_is_at_most_either(
    learned: Learned, made: Made, line: ParameterSpace, medians: Medians
) -> None:
    responses = [
        Response(name="discharge", plausible=(0, 300), relative_noise=0.04),
        Response(name="charge", plausible=(0, 300), relative_noise=0.04),
        Response(name="usable", smallest_of=("discharge", "charge")),
    ]
    rows = [made({"x": x}, discharge=200 - 10 * x, charge=60 + 20 * x) for x in (0, 2, 5, 9)]
    beliefs = learned(line, responses, rows)
    both = torch.minimum(medians(beliefs, "discharge", along()), medians(beliefs, "charge", along()))
    usable = medians(beliefs, "usable", along())
    assert torch.all(usable <= both + 1.0)
    # Where one is far below the other, the smaller one is all that counts.
    assert float(usable[-1]) == pytest.approx(float(both[-1]), rel=0.03)


def test_the_median_of_a_ratio_is_the_ratio_of_the_medians_where_both_are_known(
    learned: Learned, made: Made, line: ParameterSpace, medians: Medians
) -> None:
    responses = [
        Response(name="charge", plausible=(0, 300), relative_noise=0.02),
        Response(name="discharge", plausible=(0, 300), relative_noise=0.02),
        Response(name="efficiency", ratio_of=("discharge", "charge")),
    ]
    beliefs = learned(line, responses, [made({"x": x}, charge=200, discharge=150) for x in (1, 4, 5, 6)])
    ratio = medians(beliefs, "charge", at(5)).reciprocal() * medians(beliefs, "discharge", at(5))
    assert float(medians(beliefs, "efficiency", at(5))) == pytest.approx(float(ratio), rel=0.02)


def test_a_ratio_is_finite_where_its_denominator_may_be_nothing(
    learned: Learned, line: ParameterSpace
) -> None:
    responses = [
        Response(name="charge", plausible=(0, 300)),
        Response(name="discharge", plausible=(0, 300)),
        Response(name="efficiency", ratio_of=("discharge", "charge")),
    ]
    beliefs = learned(line, responses)
    forecast = beliefs.forecast("efficiency", along())
    assert isinstance(forecast, NumberForecast)
    assert torch.isfinite(torch.stack([forecast.low, forecast.median, forecast.high])).all()
    assert torch.isfinite(beliefs.derived_samples("efficiency", along(), measured=True)).all()


def test_kelvin_and_celsius_give_the_same_forecast(learned: Learned, made: Made, medians: Medians) -> None:
    forecasts = []
    for unit, shift in (("degC", 0.0), ("K", 273.15)):
        space = ParameterSpace(
            (NumericParameter(name="t", unit=unit, low=600 + shift, high=900 + shift, step=10),)
        )
        rows = [made({"t": t + shift}, y=y) for t, y in ((620, 80), (700, 220), (850, 130))]
        codes = torch.linspace(600, 900, 7).double()[:, None] + shift
        forecasts.append(medians(learned(space, [CAPACITY], rows), "y", codes))
    torch.testing.assert_close(forecasts[0], forecasts[1], atol=1e-3, rtol=1e-4)


def test_unknown_responses_are_not_made_up(learned: Learned, line: ParameterSpace) -> None:
    with pytest.raises((KeyError, StopIteration, InputError)):
        learned(line, [CAPACITY]).forecast("z", at(5))


def test_a_derived_response_of_linked_ones_is_drawn_jointly(
    learned: Learned, line: ParameterSpace, made: Made
) -> None:
    """Where the child follows its parent, the smaller of both is not the smaller of two strangers."""
    parent = Response(name="area", plausible=(0, 100))
    child = Response(name="strength", plausible=(0, 100), through=("area",))
    least = Response(name="least", smallest_of=("area", "strength"))
    rows = [made({"x": x}, area=10 + 6 * x, strength=10 + 6 * x) for x in (0.0, 1.0, 2.0, 3.0, 4.0)]
    beliefs = learned(line, [parent, child, least], rows)
    far = torch.tensor([[10.0]], dtype=torch.float64)
    joint = JointSamples(beliefs.surrogates, ["area", "strength"], far[:0], 4096, 3).at(far)
    smaller = torch.minimum(*(beliefs.in_units(name, joint[name]) for name in ("area", "strength")))
    drawn = beliefs.derived_samples("least", far, measured=False)
    assert float(drawn.median()) == pytest.approx(float(smaller.median()), abs=2)
    correlation = torch.corrcoef(torch.stack([joint["area"][:, 0], joint["strength"][:, 0]]))[0, 1]
    assert float(correlation) > 0.2
