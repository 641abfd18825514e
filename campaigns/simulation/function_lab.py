"""Laboratories whose truth a user's function says."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ...datasets import InputError, Response, listed
from ...models.evidence import PROCESS_WORKS
from ..definition import Definition
from .labs import Lab, digest

_DEFAULT_NOISE = 0.03  # share of a value, where the campaign file declares no noise


@dataclass(frozen=True)
class FunctionLabs:
    """Laboratories from a function of conditions, and of the number of a laboratory if it asks for it.

    Attributes
    ----------
    function
        ``function(frame)`` or ``function(frame, lab)``: a DataFrame of conditions, one row each, to a
        DataFrame of the true value of every measured number and the probability of every yes.
    source
        Its text.
    definition
        The campaign.
    """

    function: Callable[..., pd.DataFrame]
    source: str
    definition: Definition
    n_enumerated = 20_000

    @property
    def fingerprint(self) -> str:
        """Of the text of the function."""
        return digest("function", self.source)

    def draw(self, number: int) -> Lab:
        """The laboratory of a number."""
        return FunctionLab(self.function, number, self.definition)


@dataclass(frozen=True)
class FunctionLab:
    """One laboratory; results scatter as the campaign file declares, by 3 % where it declares nothing."""

    function: Callable[..., pd.DataFrame]
    number: int
    definition: Definition

    @property
    def candidates(self) -> None:
        """Anything can be made."""
        return None

    def truth(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What the function says.

        Raises
        ------
        InputError
            If it fails, or leaves out a response.
        """
        name = getattr(self.function, "__name__", "the function")
        try:
            said = self.function(*((frame.copy(), self.number) if self._takes_lab else (frame.copy(),)))
        except Exception as error:  # whatever a user's function does
            raise InputError(f"lab function {name}: {type(error).__name__}: {error}") from error
        if not isinstance(said, pd.DataFrame) or len(said) != len(frame):
            raise InputError(f"lab function {name}: must give a DataFrame with one row for each of its rows")
        missing = [r.name for r in self._measured if r.name not in said.columns]
        if missing:
            raise InputError(f"lab function {name}: the column {listed(missing, 'and')} is missing")
        columns = [r.name for r in self._measured] + [c for c in (PROCESS_WORKS,) if c in said.columns]
        return said[columns].astype(float).set_index(frame.index)

    def measure(self, frame: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
        """Conditions with results that scatter around the truth."""
        return with_scatter(frame, self.truth(frame), self._measured, generator)

    @cached_property
    def _takes_lab(self) -> bool:
        return len(inspect.signature(self.function).parameters) > 1

    @property
    def _measured(self) -> list[Response]:
        return [r for r in self.definition.responses.values() if not r.is_derived]


def with_scatter(
    frame: pd.DataFrame,
    truth: pd.DataFrame,
    responses: list[Response],
    generator: np.random.Generator,
    noise_sd: dict[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Results that scatter around a truth.

    Parameters
    ----------
    frame, truth
        Conditions, and what is true of them.
    responses
        Measured responses.
    generator
        Draws the scatter; the same number of draws whatever comes out.
    noise_sd
        Standard deviation of each number, shape (n,) each; None: as the responses declare.

    Returns
    -------
    DataFrame
        The form that `Campaign.add` takes; nothing is measured of what failed.
    """
    n, table = len(frame), frame.copy()
    works = generator.random(n) < (truth[PROCESS_WORKS].to_numpy() if PROCESS_WORKS in truth else 1.0)
    for response in responses:
        true = truth[response.name].to_numpy(float)
        if response.is_yes_no:
            answers = generator.random(n) < true
            table[response.name] = [
                "" if not made else "yes" if yes else "no" for yes, made in zip(answers, works, strict=True)
            ]
            continue
        sd = _declared_sd(response, true) if noise_sd is None else noise_sd[response.name]
        value = true + sd * generator.standard_normal(n)
        if response.plausible is not None:
            value = np.clip(value, *response.plausible)
        table[response.name] = np.where(works, value, np.nan)
    table["failure"] = np.where(works, "", "process")
    return table


def _declared_sd(response: Response, true: np.ndarray) -> np.ndarray:
    if response.absolute_noise is not None:
        return np.full(len(true), response.absolute_noise)
    return np.abs(true) * (response.relative_noise or _DEFAULT_NOISE)
