"""What may be proposed: stepped, conditional, ruled; sampled and walked, never materialised."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..datasets import CategoricalParameter, InputError, NumericParameter, ParameterSpace
from ..models.encoding import activity, distinct, frame_of_codes
from .rules import LinearRule, Rule

_MOST_CATEGORY_COMBINATIONS = 20_000
_STRIDES = (1, 2, 5, 13, 34, 89, 233)
_SAMPLING_ROUNDS = 60


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
    def size(self) -> float:
        """Number of distinct conditions before rules; infinity where categories alone are too many."""
        return float(sum(math.prod(counts) for _, counts in self._blocks)) if self._blocks else math.inf

    @cached_property
    def _blocks(self) -> list[tuple[np.ndarray, list[int]]]:
        """One entry a combination of categories: its codes, and the number of settings of each number."""
        combinations = math.prod(p.n_settings for p in self.space if isinstance(p, CategoricalParameter))
        if combinations > _MOST_CATEGORY_COMBINATIONS:
            return []
        ranges = [
            range(p.n_settings) if isinstance(p, CategoricalParameter) else range(1) for p in self.space
        ]
        codes = torch.tensor(list(itertools.product(*ranges)), dtype=torch.float64)
        active = activity(self.space, codes)
        blocks: dict[tuple[float, ...], list[int]] = {}
        tidy = codes.clone()
        for column, parameter in enumerate(self.space):
            tidy[~active[parameter.name], column] = 0.0
        for row, values in enumerate(tidy.tolist()):
            counts = [
                p.n_settings if isinstance(p, NumericParameter) and bool(active[p.name][row]) else 1
                for p in self.space
            ]
            blocks[tuple(values)] = counts
        return [(np.array(values), counts) for values, counts in blocks.items()]

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
        for categories, counts in self._blocks:
            total = math.prod(counts)
            for start in range(0, total, chunk):
                positions = np.unravel_index(np.arange(start, min(start + chunk, total)), counts)
                codes = self._codes_at(np.stack(positions, axis=1), categories)
                kept = codes[self.valid(codes)]
                if len(kept):
                    yield kept

    def _codes_at(self, positions: np.ndarray, categories: np.ndarray) -> Tensor:
        columns = []
        for column, parameter in enumerate(self.space):
            if isinstance(parameter, CategoricalParameter):
                columns.append(np.full(len(positions), categories[column]))
            else:
                columns.append(parameter.setting(positions[:, column]))
        return distinct(torch.as_tensor(np.stack(columns, axis=1)), self.space)

    def sample(self, n: int, generator: np.random.Generator) -> Tensor:
        """Draw up to n distinct valid conditions.

        Raises
        ------
        InputError
            If the rules leave nothing that could be found.
        """
        found = torch.zeros(0, len(self.space), dtype=torch.float64)
        for _ in range(_SAMPLING_ROUNDS):
            columns = [_settings(p, generator.integers(p.n_settings, size=2 * n)) for p in self.space]
            codes = distinct(torch.as_tensor(np.stack(columns, axis=1)), self.space)
            codes = self._repaired(codes, generator)
            codes = torch.cat([found, codes[self.valid(codes)]])
            # Unique sorts; a shuffle by the same generator keeps the draw fair when it is cut.
            codes = torch.unique(codes, dim=0)
            found = codes[torch.as_tensor(generator.permutation(len(codes)))]
            if len(found) >= n or (len(found) and len(found) >= self.size):
                break
        if len(found) == 0:
            raise InputError(
                f"rules: no conditions obey all of them ({'; '.join(map(str, self.rules))}); loosen one"
            )
        return found[:n]

    def _repaired(self, codes: Tensor, generator: np.random.Generator) -> Tensor:
        """Move numbers along their grid, in random order, until each linear rule holds where it can."""
        linear = [rule for rule in self.rules if isinstance(rule, LinearRule)]
        if not linear:
            return codes
        active = activity(self.space, codes)
        values = codes.numpy().copy()
        for rule in linear:
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
        comes into being with it takes a few random settings. Where a rule fixes a sum, one number rises
        as another falls.
        """
        # What was made need not lie on the grid; what is proposed must.
        here = distinct(row[None], self.space)
        row = torch.tensor(
            [_on_grid(p, float(x)) for p, x in zip(self.space, row, strict=True)], dtype=row.dtype
        )
        moves = [row]
        for column, parameter in enumerate(self.space):
            for setting in _other_settings(parameter, float(row[column])):
                moved = row.clone()
                moved[column] = setting
                moves += self._with_children(moved, parameter.name, generator)
        moves += self._exchanges(row)
        codes = torch.unique(distinct(torch.stack(moves), self.space), dim=0)
        codes = codes[(codes != here).any(dim=1)]
        return codes[self.valid(codes)]

    def _with_children(self, row: Tensor, parent: str, generator: np.random.Generator) -> list[Tensor]:
        children = [p for p in self.space if parent in p.when]
        if not children:
            return [row]
        rows = [row]
        for _ in range(8):
            filled = row.clone()
            for child in children:
                filled[self.space.names.index(child.name)] = float(
                    _settings(child, generator.integers(child.n_settings, size=1))[0]
                )
            rows.append(filled)
        return rows

    def _exchanges(self, row: Tensor) -> list[Tensor]:
        rows = []
        for rule in self.rules:
            if not isinstance(rule, LinearRule):
                continue
            for (a, weight_a), (b, weight_b) in itertools.permutations(rule.coefficients.items(), 2):
                if weight_a == 0 or weight_b == 0:
                    continue
                first, second = self.space.by_name[a], self.space.by_name[b]
                assert isinstance(first, NumericParameter) and isinstance(second, NumericParameter)
                i, j = self.space.names.index(a), self.space.names.index(b)
                for setting in _other_settings(first, float(row[i])):
                    partner = float(row[j]) - weight_a / weight_b * (setting - float(row[i]))
                    snapped = float(second.setting(second.index(np.asarray(partner))))
                    if abs(snapped - partner) <= 1e-9 * max(1.0, abs(partner)):
                        moved = row.clone()
                        moved[i], moved[j] = setting, snapped
                        rows.append(moved)
        return rows


def _settings(parameter: NumericParameter | CategoricalParameter, index: np.ndarray) -> np.ndarray:
    """Codes of settings by position."""
    return index.astype(float) if isinstance(parameter, CategoricalParameter) else parameter.setting(index)


def _on_grid(parameter: NumericParameter | CategoricalParameter, code: float) -> float:
    if isinstance(parameter, CategoricalParameter):
        return code
    return float(parameter.setting(parameter.index(np.asarray(code))))


def _other_settings(parameter: NumericParameter | CategoricalParameter, code: float) -> Sequence[float]:
    if isinstance(parameter, CategoricalParameter):
        return [float(i) for i in range(parameter.n_settings) if i != int(code)]
    here = int(parameter.index(np.asarray(code)))
    positions = {here + sign * stride for stride in _STRIDES for sign in (-1, 1)} | {
        0,
        parameter.n_settings - 1,
    }
    return [
        float(parameter.setting(np.asarray(i)))
        for i in sorted(positions - {here})
        if 0 <= i < parameter.n_settings
    ]
