"""What a virtual laboratory is to a simulation."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from ..virtual_lab import LabFamily


class Lab(Protocol):
    """One laboratory."""

    @property
    def candidates(self) -> pd.DataFrame | None:
        """The only conditions that it can make, or None: whatever the campaign allows."""
        ...

    def truth(self, frame: pd.DataFrame) -> pd.DataFrame:
        """True values of numbers and probabilities of yes, with the index of `frame`."""
        ...

    def measure(self, frame: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
        """The conditions with their results, in the form that `Campaign.add` takes."""
        ...


class LabSource(Protocol):
    """Laboratories by number."""

    @property
    def fingerprint(self) -> str:
        """Changes with anything that changes the laboratories."""
        ...

    @property
    def n_enumerated(self) -> int:
        """Size of a space up to which asking for the truth everywhere is quick."""
        ...

    def draw(self, number: int) -> Lab:
        """The laboratory of a number: the same in every process."""
        ...


@dataclass(frozen=True)
class MechanisticLabs:
    """Laboratories drawn from a lab description."""

    family: LabFamily
    n_enumerated = 3_000_000

    @property
    def fingerprint(self) -> str:
        """Of the description."""
        return digest("mechanistic", self.family.text)

    def draw(self, number: int) -> Lab:
        """The laboratory of a seed."""
        return self.family.draw(number)


def digest(*parts: object) -> str:
    """Short digest of what is written out."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]
