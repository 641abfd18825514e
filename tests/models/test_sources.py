"""Literature guides a new lab without binding it: every lab or paper has an offset of its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from ovenbird.datasets import OWN_LAB, Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast, learn

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]

CAPACITY = Response(name="y", plausible=(0, 370), relative_noise=0.03)
PAPER = {0.0: 120.0, 3.0: 200.0, 6.0: 250.0, 9.0: 260.0}
AT = torch.tensor([[0.0], [3.0], [6.0], [9.0]], dtype=torch.float64)


@pytest.fixture(scope="module")
def believed(line: ParameterSpace, made: Made, dataset_of: DatasetOf) -> Callable[..., Beliefs]:
    """Beliefs after values of a paper (or, for comparison, of the own lab) and values of one's own."""

    def build(own: dict[float, float], source: str, **response: object) -> Beliefs:
        rows = [made({"x": x}, y=y) for x, y in {**PAPER}.items()] + [
            made({"x": x}, y=y) for x, y in own.items()
        ]
        data = dataset_of(line, rows)
        n = len(PAPER)
        labelled = [replace(e, source=source if i < n else OWN_LAB) for i, e in enumerate(data.experiments)]
        return learn(Dataset(tuple(labelled)), line, {"y": replace(CAPACITY, **response)}, {})

    return build


def forecast(beliefs: Beliefs) -> NumberForecast:
    answer = beliefs.forecast("y", AT)
    assert isinstance(answer, NumberForecast)
    return answer


def test_another_lab_leaves_wider_intervals_than_the_own(believed: Callable[..., Beliefs]) -> None:
    ours, theirs = forecast(believed({}, OWN_LAB)), forecast(believed({}, "10.1000/paper"))
    assert torch.all(theirs.high - theirs.low > 1.3 * (ours.high - ours.low))
    # The order of conditions is taken over all the same.
    assert torch.all(theirs.median.diff() > 0)


def test_one_replicate_of_the_own_lab_re_anchors_all_forecasts(believed: Callable[..., Beliefs]) -> None:
    """A fifth less than the paper at one place: less is expected at the others too, and more surely."""
    before, after = forecast(believed({}, "paper")), forecast(believed({6.0: 205.0}, "paper"))
    assert float(after.median[2]) < 225
    assert torch.all(after.median[[0, 1, 3]] < before.median[[0, 1, 3]] - 3)
    assert torch.all((after.high - after.low)[1:] < (before.high - before.low)[1:])


def test_a_value_of_the_own_lab_counts_more_than_one_of_a_paper(believed: Callable[..., Beliefs]) -> None:
    mixed, own = forecast(believed({6.0: 205.0}, "paper")), forecast(believed({6.0: 205.0}, OWN_LAB))
    # Of one lab the two values are averaged; against a paper the own one is believed.
    assert float(mixed.median[2]) < float(own.median[2]) - 5


def test_two_papers_have_offsets_of_their_own(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf
) -> None:
    """Papers that differ by 60 everywhere: neither curve wins, and the shape is common to both."""
    rows = [made({"x": x}, y=y) for x, y in PAPER.items()]
    rows += [made({"x": x}, y=y - 60) for x, y in PAPER.items()]
    data = dataset_of(line, rows)
    labelled = [replace(e, source="A" if i < len(PAPER) else "B") for i, e in enumerate(data.experiments)]
    beliefs = learn(Dataset(tuple(labelled)), line, {"y": CAPACITY}, {})
    medians = forecast(beliefs).median
    for place, (x, y) in enumerate(PAPER.items()):
        assert y - 60 < float(medians[place]) < y, x
    assert torch.all(medians.diff() > 0)


def test_purity_elsewhere_is_no_certainty_here(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, led: Callable[[Beliefs], Beliefs]
) -> None:
    pure = Response(name="pure", kind="yes_no", rises_with=("x",))
    data = dataset_of(line, [made({"x": x}, pure=x > 4) for x in (0, 2, 3, 5, 6, 8, 10)])
    elsewhere = Dataset(tuple(replace(e, source="paper") for e in data.experiments))
    here, there = (
        led(learn(d, line, {"pure": pure}, {})).probability_of_yes("pure", AT) for d in (data, elsewhere)
    )
    assert float(here[3]) > float(there[3]) > 0.5 > float(there[0]) > float(here[0])
