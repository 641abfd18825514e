"""What may be proposed: stepped, conditional, ruled; counted, sampled and walked, never materialised."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.stats import qmc
from torch import Tensor

from ..datasets import CategoricalParameter, InputError, NumericParameter, ParameterSpace
from ..models.encoding import activity, distinct, frame_of_codes
from .grid import Grid
from .machine_bounds import MachineBound
from .moves import Moves
from .rules import Rule
from .sums import FixedSum, fixed_sums, linear_parts

_MOST_CATEGORY_COMBINATIONS = 20_000
_FEW = 20_000  # conditions that are listed where drawing finds too few
_ROUNDS = 60
_ROUNDS_BEFORE_LISTING = 3
_IDLE_ROUNDS = 4
_MOST_MENDED = 400
_RARE = 0.05  # share of draws that obey all rules below which draws are mended
_STEPS_FROM_MENDED = 12


@dataclass(frozen=True)
class SearchSpace:
    """Parameters and rules.

    Attributes
    ----------
    space
        The parameters.
    rules
        What every proposal must obey.
    """

    space: ParameterSpace
    rules: tuple[Rule, ...] = ()

    @cached_property
    def grid(self) -> Grid:
        """All settings of all parameters."""
        return Grid(self.space)

    @cached_property
    def moves(self) -> Moves:
        """Ways from one condition to those near it."""
        return Moves(self.grid, self.rules)

    @cached_property
    def _sums(self) -> tuple[FixedSum, ...]:
        return fixed_sums(self.space, self.rules)

    @cached_property
    def size(self) -> float:
        """Number of distinct conditions that keep fixed sums, before other rules.

        Infinity where categories alone are too many to go through.
        """
        if not self._can_list:
            return math.inf
        return float(sum(math.prod(counts) for _, _, counts in self._blocks()))

    @property
    def _can_list(self) -> bool:
        combinations = math.prod(p.n_settings for p in self.space if isinstance(p, CategoricalParameter))
        return combinations <= _MOST_CATEGORY_COMBINATIONS

    def _blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, list[float]]]:
        """One entry a combination of categories: its row, what applies, and how often each factor varies.

        Factors are the parameters, where those that belong to a fixed sum and do not apply count 1, and
        after them the fixed sums.
        """
        ranges = [
            range(p.n_settings) if isinstance(p, CategoricalParameter) else range(1) for p in self.space
        ]
        rows = np.unique(self.grid.tidy(np.array(list(itertools.product(*ranges)))), axis=0)
        active = self.grid.active(rows)
        counts = np.where(active & self.grid.is_numeric, self.grid.counts, 1)
        for row, applies, n_settings in zip(rows, active, counts, strict=True):
            factors: list[float] = n_settings.tolist()
            for fixed in self._sums:
                ways = fixed.compositions(applies[list(fixed.columns)])
                if ways is not None:
                    factors.append(ways.count)
                    for column in fixed.columns:
                        factors[column] = 1
                else:
                    factors.append(1)
            yield row, applies, factors

    def valid(self, codes: Tensor) -> Tensor:
        """Whether each row obeys every rule, shape (n,)."""
        if not self.rules or len(codes) == 0:
            return torch.ones(len(codes), dtype=torch.bool)
        frame = frame_of_codes(self.space, codes)
        return torch.as_tensor(np.logical_and.reduce([rule.holds(frame) for rule in self.rules]))

    def in_range(self, codes: Tensor) -> Tensor:
        """Whether each number that applies lies within the range of its parameter, shape (n,)."""
        active = activity(self.space, codes)
        inside = torch.ones(len(codes), dtype=torch.bool)
        for column, parameter in enumerate(self.space):
            if isinstance(parameter, NumericParameter):
                slack = 1e-9 * max(1.0, abs(parameter.low), abs(parameter.high))
                value = codes[:, column]
                here = (value >= parameter.low - slack) & (value <= parameter.high + slack)
                inside &= here | ~active[parameter.name]
        return inside

    def everything(self, chunk: int = 4096) -> Iterator[Tensor]:
        """All valid conditions in chunks; only sensible where `size` is small."""
        for row, applies, factors in self._blocks():
            total = int(math.prod(factors))
            shape = [int(factor) for factor in factors]
            for start in range(0, total, chunk):
                places = np.unravel_index(np.arange(start, min(start + chunk, total)), shape)
                positions = row + np.stack(places[: len(self.space)], axis=1)
                for number, fixed in enumerate(self._sums):
                    columns = np.array(fixed.columns)
                    ways = fixed.compositions(applies[columns])
                    if ways is not None:
                        positions[:, columns[applies[columns]]] = ways.at(places[len(self.space) + number])
                codes = self.grid.codes(positions)
                kept = codes[self.valid(codes)]
                if len(kept):
                    yield kept

    def sample(self, n: int, generator: np.random.Generator) -> Tensor:
        """Draw up to n distinct valid conditions.

        Categories, numbers and the ways to fill a fixed sum are drawn evenly, and what breaks a rule is
        left out. Where rules leave little, draws are mended and walked away from where they were mended.

        Raises
        ------
        InputError
            If the rules leave nothing that could be found.
        """
        found, seen, idle = torch.zeros(0, len(self.space), dtype=torch.float64), 0, 0
        for number in range(_ROUNDS):
            codes = self.grid.codes(self._drawn(_enough(n), generator))
            codes = codes[self.valid(codes)]
            seen += len(codes)
            if seen < _RARE * _enough(n) * (number + 1):
                codes = torch.cat([codes, self._mended(min(_enough(n), _MOST_MENDED), generator)])
            before = len(found)
            found = _shuffled(torch.cat([found, codes]), generator)
            idle = idle + 1 if len(found) == before else 0
            if len(found) >= n or len(found) >= self.size or (len(found) and idle == _IDLE_ROUNDS):
                break
            if number + 1 == _ROUNDS_BEFORE_LISTING and self.size <= _FEW:
                found = _shuffled(torch.cat([found, *self.everything()]), generator)
                break
        if len(found) == 0:
            raise InputError(
                f"rules: no conditions obey all of them ({'; '.join(map(str, self.rules))}); loosen one"
            )
        return found[:n]

    def _drawn(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Evenly drawn positions that keep fixed sums, shape (n, n_parameters)."""
        # Quasi-random shares cover the space more evenly than independent ones, also in few draws.
        sobol = qmc.Sobol(len(self.space), rng=generator).random_base2(math.ceil(math.log2(max(n, 2))))
        positions = self.grid.tidy((sobol[:n] * self.grid.counts).astype(int))
        active = self.grid.active(positions)
        for fixed in self._sums:
            positions = fixed.refill(positions, active, generator)
        return positions

    def _mended(self, n: int, generator: np.random.Generator) -> Tensor:
        """Valid conditions a random walk away from where draws were made to obey sums and machine bounds."""
        codes = self.grid.codes(self._drawn(n, generator))
        for _ in range(3):
            codes = self._repaired(self._within_machines(codes), generator)
        rows = self.grid.positions(codes[self.valid(codes)])
        for _ in range(_STEPS_FROM_MENDED):
            if not len(rows):
                break
            moved = self.moves.random(rows, generator)
            allowed = self.valid(self.grid.codes(moved)).numpy()
            rows = np.where(allowed[:, None], moved, rows)
        return self.grid.codes(rows)

    def _within_machines(self, codes: Tensor) -> Tensor:
        """Move numbers that a machine cannot do to the nearest settings that it can."""
        values = codes.numpy().copy()
        for rule in self.rules:
            if not isinstance(rule, MachineBound):
                continue
            column, parameter = self.space.names.index(rule.parameter), self.space.by_name[rule.parameter]
            assert isinstance(parameter, NumericParameter)
            broken = ~rule.holds(frame_of_codes(self.space, torch.as_tensor(values)))
            here = values[broken, column]
            goal = np.clip(here, *rule.bound.ends)
            values[broken, column] = parameter.setting(parameter.index(goal, np.sign(goal - here)))
        return distinct(torch.as_tensor(values), self.space)

    def _repaired(self, codes: Tensor, generator: np.random.Generator) -> Tensor:
        """Move numbers along their grid, in random order, until each linear rule holds where it can."""
        active = activity(self.space, codes)
        values = codes.numpy().copy()
        for rule in linear_parts(self.rules):
            columns = {name: self.space.names.index(name) for name in rule.coefficients}
            weights = {n: w * active[n].numpy() for n, w in rule.coefficients.items()}
            total = np.sum([weights[n] * values[:, c] for n, c in columns.items()], axis=0)
            missing = np.clip(total, rule.at_least, rule.at_most) - total
            direction = np.sign(missing)
            for name in generator.permutation(list(columns)):
                column, parameter = columns[name], self.space.by_name[name]
                assert isinstance(parameter, NumericParameter)
                here, weight = values[:, column], weights[name]
                share = np.divide(missing, weight, out=np.zeros_like(missing), where=weight != 0)
                past = np.zeros_like(share) if rule.is_equality else np.sign(share)
                moved = np.where(share == 0, here, parameter.setting(parameter.index(here + share, past)))
                missing = missing - weight * (moved - here)
                # A bound may be overshot by less than a step; that is not to be undone by the next number.
                missing = np.where(
                    (missing * direction < 0) & (past != 0) | (np.abs(missing) < 1e-9), 0.0, missing
                )
                values[:, column] = moved
        return distinct(torch.as_tensor(values), self.space)

    def neighbours(self, row: Tensor, generator: np.random.Generator) -> Tensor:
        """Valid conditions one move away from a row: another setting of one parameter, or of two at once.

        A number moves by growing strides along its grid; a category takes its other values, and what
        comes into being with it takes a few random settings. Where a rule speaks of a sum, one number
        rises as another falls. What was made need not lie on the grid; its neighbours do.
        """
        here = self.grid.positions(row[None])
        codes = self.grid.codes(np.concatenate([here, self.positions_around(here[0], generator)]))
        codes = torch.unique(codes, dim=0)
        codes = codes[(codes != distinct(row[None], self.space)).any(dim=1)]
        return codes[self.valid(codes)]

    def positions_around(self, row: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Positions one move away, whether valid or not, shape (n, n_parameters)."""
        active = self.grid.active(row[None])[0]
        moved = self.moves.other_settings(row, active)
        moved += self.moves.other_values(row, active, generator)
        moved += self.moves.exchanges(row, active)
        return self.grid.tidy(np.stack(moved)) if moved else row[None][:0]


def _enough(n: int) -> int:
    """How many to draw at once, a power of 2, for which Sobol sequences are balanced."""
    return 2 ** math.ceil(math.log2(1.02 * n + 1))


def _shuffled(codes: Tensor, generator: np.random.Generator) -> Tensor:
    """Distinct rows in random order, so that a cut is fair."""
    codes = torch.unique(codes, dim=0)
    return codes[torch.as_tensor(generator.permutation(len(codes)))]
