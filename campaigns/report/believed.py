"""What the models believe, cut into maps and curves around conditions that somebody made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch

from ...datasets import CategoricalParameter, Conditions, Experiment, InputError, NumericParameter, shortest
from ...models.beliefs import Beliefs, NumberForecast
from ...models.encoding import codes_of_all
from ...models.importance import importance
from ...models.response_map import places_made, response_map, what_matters
from ...planner.feasibility import required_probability
from ...planner.limits import Limit, YesNoLimit
from ...planner.problem import Problem
from ...planner.search_space import SearchSpace
from ...planner.suggestion import Suggestion
from .week_summary import BelievedCurve, BelievedMap, Named

_MOST_EFFECTS = 6
_N_ON_CURVE = 41
_N_ON_CHAIN = 150
_MOST_AXES = 5


@dataclass(frozen=True)
class Cutter:
    """Cuts through the beliefs of a campaign.

    Attributes
    ----------
    problem, beliefs, named
        What is wanted, believed, and how it is shown.
    anchors
        Experiments around which to cut, the most interesting first.
    suggestions
        What is marked on maps.
    importances
        Of every parameter for every response.
    """

    problem: Problem
    beliefs: Beliefs
    named: Mapping[str, Named]
    anchors: Sequence[Experiment]
    suggestions: Sequence[Suggestion]
    importances: Mapping[str, Mapping[str, float]]

    def maps(self) -> tuple[BelievedMap, ...]:
        """A map for the responses of every limit and of the goal, over the two numbers that matter most."""
        found = (self._map(name) for name in self._decisive())
        return tuple(one for one in found if one is not None)

    def effects(self) -> tuple[BelievedCurve, ...]:
        """The first response of the goal over each number that matters to it, the most important first."""
        name = next((n for n in self.problem.goal.names if n in self.problem.responses), None)
        name = name or next(iter(self.problem.goal_sources), None)
        if name is None:
            return ()
        curves = (self._effect(name, p) for p in self._axes(name))
        return tuple(curve for curve in curves if curve is not None)[:_MOST_EFFECTS]

    def chains(self) -> tuple[BelievedCurve, ...]:
        """Responses that act through another one, over that one, one curve a route or the like."""
        curves = []
        for name, response in self.problem.responses.items():
            for through in response.through:
                if not self.problem.responses[through].is_yes_no and not response.is_yes_no:
                    curves += self._chain(name, through)
        return tuple(curves)

    def _decisive(self) -> list[str]:
        limited = [limit.response for limit in self.problem.limits]
        wanted = [name for name in self.problem.goal.names if name in self.problem.responses]
        return list(dict.fromkeys([*limited, *wanted]))

    def _is_axis(self, name: str) -> bool:
        parameter = self.problem.space.by_name[name]
        return isinstance(parameter, NumericParameter) and parameter.n_settings > 1

    def _axes(self, response: str) -> list[str]:
        matter = what_matters(self.beliefs, response)
        return [n for n in self.importances[response] if n in matter and self._is_axis(n)]

    def _map(self, response: str) -> BelievedMap | None:
        """Over the two numbers that matter most, around the first anchor at which they apply."""
        axes = self._axes(response)[:_MOST_AXES]
        for pair in sorted(combinations(range(len(axes)), 2), key=sum):
            x, y = sorted((axes[i] for i in pair), key=self.problem.space.names.index)
            anchor = self._anchor_with(x, y)
            if anchor is None:
                continue
            fixed = {n: v for n, v in anchor.executed.items() if n not in (x, y)}
            try:
                found = response_map(self.beliefs, response, x, y, fixed)
                places = places_made(self.beliefs, response, x, y, fixed)
            except InputError:  # what was made lies beyond what the file allows by now
                continue
            return BelievedMap(
                response=self.named[response],
                x=self.named[x],
                y=self.named[y],
                fixed=self._in_words(response, fixed),
                found=found,
                places=tuple(places),
                limit=self._limit(response),
                suggested=tuple(self._marks(response, x, y, fixed)),
            )
        return None

    def _anchor_with(self, *names: str) -> Experiment | None:
        """The first anchor at which numbers apply."""
        return next(
            (a for a in self.anchors if all(isinstance(a.executed.get(n), int | float) for n in names)), None
        )

    def _in_words(self, response: str, fixed: Conditions) -> str:
        matter = what_matters(self.beliefs, response)
        said = []
        for name, value in fixed.items():
            if value is None or name not in matter:
                continue
            unit = self.named[name].unit
            text = shortest(value) if isinstance(value, float) else str(value)
            said.append(f"{name} {text}{f' {unit}' if unit else ''}")
        return ", ".join(said)

    def _limit(self, response: str) -> float | None:
        limit = next((one for one in self.problem.limits if one.response == response), None)
        return None if limit is None else _contour(limit)

    def _marks(self, response: str, x: str, y: str, fixed: Conditions) -> list[tuple[float, float, str]]:
        matter = what_matters(self.beliefs, response) - {x, y}
        marks = []
        for number, suggestion in enumerate(self.suggestions, 1):
            at = suggestion.parameters
            on_map = all(at.get(name) == fixed.get(name) for name in matter)
            here = (at.get(x), at.get(y))
            if on_map and isinstance(here[0], int | float) and isinstance(here[1], int | float):
                marks.append((float(here[0]), float(here[1]), suggestion.id or str(number)))
        return marks

    def _effect(self, response: str, parameter: str) -> BelievedCurve | None:
        anchor = self._anchor_with(parameter)
        if anchor is None:
            return None
        numeric = self.problem.space.by_name[parameter]
        assert isinstance(numeric, NumericParameter)
        n = min(numeric.n_settings, _N_ON_CURVE)
        settings = numeric.setting(np.linspace(0, numeric.n_settings - 1, n).round().astype(int))
        rows = [{**anchor.executed, parameter: float(value)} for value in settings]
        low, median, high = self._forecast(response, rows)
        return BelievedCurve(
            response=self.named[response],
            over=self.named[parameter],
            label=anchor.id,
            x=tuple(map(float, settings)),
            median=median,
            low=low,
            high=high,
            points=tuple(self._alike(response, parameter, anchor)),
        )

    def _forecast(
        self, response: str, rows: Sequence[Conditions]
    ) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        found = self.beliefs.forecast(response, codes_of_all(self.problem.space, rows))
        if isinstance(found, NumberForecast):
            parts = (found.low, found.median, found.high)
        else:
            parts = (found.probability,) * 3
        low, median, high = (tuple(map(float, part)) for part in parts)
        return low, median, high

    def _alike(self, response: str, parameter: str, anchor: Experiment) -> list[tuple[float, float, str]]:
        """Samples that differ from the anchor in nothing else that matters."""
        others = what_matters(self.beliefs, response) - {parameter}
        points = []
        for experiment in self.anchors:
            at, value = experiment.executed.get(parameter), self._value(response, experiment)
            same = all(experiment.executed.get(n) == anchor.executed.get(n) for n in others)
            if same and isinstance(at, int | float) and value is not None:
                points.append((float(at), value, experiment.id))
        return points

    def _value(self, response: str, experiment: Experiment) -> float | None:
        described = self.problem.responses[response]
        if described.is_yes_no:
            answers = [bool(v.value) for v in experiment.values(response)]
            return sum(answers) / len(answers) if answers else None
        return self.problem.value_of(response, experiment)

    def _chain(self, response: str, through: str) -> list[BelievedCurve]:
        """Forecast medians of both at conditions all over the space, ordered by the one in between."""
        choice = next(
            (p for p in self.problem.space if isinstance(p, CategoricalParameter) and not p.when), None
        )
        search = SearchSpace(self.problem.space, self.problem.hard_rules)
        codes = search.sample(
            _N_ON_CHAIN * (1 if choice is None else choice.n_settings), np.random.default_rng(0)
        )
        groups = [("", codes)]
        if choice is not None:
            column = codes[:, self.problem.space.names.index(choice.name)]
            groups = [(value, codes[column == i]) for i, value in enumerate(choice.values)]
        curves = []
        for label, rows in groups:
            if len(rows) < 2:
                continue
            between, found = self.beliefs.forecast(through, rows), self.beliefs.forecast(response, rows)
            assert isinstance(between, NumberForecast) and isinstance(found, NumberForecast)
            order = between.median.argsort()
            x, parts = _smoothed(
                between.median[order], [p[order] for p in (found.low, found.median, found.high)]
            )
            curves.append(
                BelievedCurve(
                    response=self.named[response],
                    over=self.named[through],
                    label=label,
                    x=x,
                    low=parts[0],
                    median=parts[1],
                    high=parts[2],
                    points=tuple(self._pairs(response, through, choice, label)),
                )
            )
        return curves

    def _pairs(
        self, response: str, through: str, choice: CategoricalParameter | None, label: str
    ) -> list[tuple[float, float, str]]:
        points = []
        for experiment in self.anchors:
            x, y = (self._value(name, experiment) for name in (through, response))
            same = choice is None or experiment.executed.get(choice.name) == label
            if same and x is not None and y is not None:
                points.append((x, y, experiment.id))
        return points


def _contour(limit: Limit) -> float:
    if isinstance(limit, YesNoLimit):
        required = required_probability(limit)
        return required if limit.side == "at_least" else 1 - required
    return limit.bound


def _smoothed(
    x: torch.Tensor, parts: Sequence[torch.Tensor]
) -> tuple[tuple[float, ...], list[tuple[float, ...]]]:
    """Means of neighbours: conditions of the same value in between differ in much else."""
    width = max(1, len(x) // 20)
    kernel = torch.ones(1, 1, width, dtype=x.dtype) / width

    def mean(values: torch.Tensor) -> tuple[float, ...]:
        return tuple(torch.nn.functional.conv1d(values[None, None], kernel)[0, 0].tolist())

    return mean(x), [mean(part) for part in parts]


def importances(beliefs: Beliefs, names: Sequence[str]) -> dict[str, Mapping[str, float]]:
    """Importance of every parameter for some responses, the largest first."""
    return {name: importance(beliefs, name) for name in names}
