"""What is simulated: how long, from which start, by which strategies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...datasets import InputError, listed
from ..faults import unknown
from ..typed_arguments import whole_number

STRATEGIES = ("ovenbird", "random", "space_filling", "tpe", "gp", "one_factor")
_RANDOM = re.compile(r"random:(\d{1,6})")


@dataclass(frozen=True)
class Start:
    """What a strategy begins with.

    Attributes
    ----------
    learns
        Whether it knows what the campaign learns from (literature, earlier campaigns).
    n_random
        Own experiments at random conditions before the strategy chooses; they count as experiments.
    """

    learns: bool
    n_random: int = 0

    @classmethod
    def read(cls, given: object) -> "Start":
        """Read ``literature``, ``none`` or ``random:5``.

        Raises
        ------
        InputError
            If it is none of these.

        Examples
        --------
        >>> Start.read("random:5")
        Start(learns=False, n_random=5)
        """
        text = given.strip().lower() if isinstance(given, str) else ""
        if text in ("literature", "none"):
            return cls(learns=text == "literature")
        match = _RANDOM.fullmatch(text)
        if match is None or int(match[1]) < 1:
            raise InputError(f"start is '{given}', allowed are literature, none or random:5")
        return cls(learns=False, n_random=int(match[1]))

    def __str__(self) -> str:
        return f"random:{self.n_random}" if self.n_random else "literature" if self.learns else "none"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything but the campaign and the virtual lab.

    Attributes
    ----------
    n_labs, n_seeds
        Laboratories 0 to n_labs - 1, each n_seeds times with other scatter.
    budget
        Own experiments in a run, those of the start included.
    batch
        Experiments chosen at a time.
    start
        What strategies begin with.
    strategies
        Names.
    """

    n_labs: int
    n_seeds: int
    budget: int
    batch: int
    start: Start
    strategies: tuple[str, ...]

    @classmethod
    def checked(
        cls, *, labs: object, seeds: object, budget: object, batch: object, start: object, strategies: object
    ) -> "Settings":
        """Check what a user gave.

        Raises
        ------
        InputError
            With what is allowed.
        """
        begins = start if isinstance(start, Start) else Start.read(start)
        settings = cls(
            n_labs=whole_number(labs, "labs", least=1),
            n_seeds=whole_number(seeds, "seeds", least=1),
            budget=whole_number(budget, "budget", least=1),
            batch=whole_number(batch, "batch", least=1),
            start=begins,
            strategies=_names(strategies),
        )
        if begins.n_random > settings.budget:
            raise InputError(
                f"start {begins} has more experiments than the budget of {settings.budget}; raise the budget"
            )
        return settings


def _names(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Sequence) or not given:
        raise InputError(f"strategies are names in a list, allowed are {listed(STRATEGIES)}")
    names = [str(name).strip() for name in given]
    for name in names:
        if name not in STRATEGIES:
            raise InputError(unknown("strategy", name, STRATEGIES))
    return tuple(dict.fromkeys(names))
