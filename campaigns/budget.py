"""How many experiments a campaign may still make."""

from dataclasses import dataclass

from ..datasets import Dataset, Status


@dataclass(frozen=True)
class Budget:
    """A number of experiments, and how many of them are taken.

    Attributes
    ----------
    experiments
        Own experiments in all.
    taken
        Those made, failed or pending; dropped ones were never made.
    """

    experiments: int
    taken: int

    @classmethod
    def after(cls, experiments: int, own: Dataset) -> "Budget":
        """What is left once the own experiments of a dataset are counted."""
        return cls(experiments, sum(e.is_own and e.status is not Status.DROPPED for e in own.experiments))

    @property
    def left(self) -> int:
        """Experiments that may still be made, never below 0."""
        return max(0, self.experiments - self.taken)

    @property
    def standing(self) -> str:
        """How many are left, in a sentence."""
        if not self.left:
            return (
                f"The budget of {_experiments(self.experiments)} is used up ({self.taken} made or pending)."
            )
        verb = "is" if self.left == 1 else "are"
        return f"{self.left} of the {_experiments(self.experiments)} of the budget {verb} left."

    def message(self, n: int, n_found: int) -> str:
        """What to know of n suggestions that were asked for, of which n_found were found."""
        if not self.left:
            return f"{self.standing} What follows would be next if it were raised."
        if n < self.left:
            return self.standing
        few = f" The first {self.left} would fill it." if n_found > self.left else ""
        return f"{self.standing}{few}"


def _experiments(n: int) -> str:
    return f"{n} experiment{'' if n == 1 else 's'}"
