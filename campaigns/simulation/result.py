"""What a simulation showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .one_run import Run, RunKey

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TIE = 1e-9


@dataclass(frozen=True, kw_only=True)
class SimulationResult:
    """Finished runs of several strategies on the same laboratories.

    Attributes
    ----------
    runs
        By laboratory, repetition and strategy.
    strategies
        In the order asked for.
    budget
        Own experiments in a run.
    n_random
        Of those the ones drawn at random at the start.
    goal, unit
        The response or cost that the goal is on, and its unit.
    title
        What was simulated, in one line.
    """

    runs: Mapping[RunKey, Run]
    strategies: tuple[str, ...]
    budget: int
    n_random: int
    goal: str
    unit: str | None
    title: str

    def regrets(self, strategy: str) -> np.ndarray:
        """True regret after each experiment, shape (n_runs, budget); a run that ended early stays as is."""
        rows = [run.regret for run in self._of(strategy)]
        return np.array([[*row, *[row[-1] if row else np.nan] * (self.budget - len(row))] for row in rows])

    def feasible_share(self, strategy: str) -> float:
        """Share of the experiments chosen by a strategy that were truly feasible; NaN if it chose none."""
        answers = [
            feasible
            for run in self._of(strategy)
            for feasible, chosen in zip(run.feasible, run.chosen, strict=True)
            if chosen
        ]
        return float(np.mean(answers)) if answers else np.nan

    def wins(self) -> dict[str, float]:
        """For each strategy the laboratories in which its regret is the smallest; ties are shared."""
        won = dict.fromkeys(self.strategies, 0.0)
        for pair in sorted({(key.lab, key.seed) for key in self.runs}):
            final = {
                name: run.regret[-1]
                for name in self.strategies
                if (run := self.runs.get(RunKey(*pair, name))) is not None and run.regret
            }
            first = [name for name, regret in final.items() if regret <= min(final.values()) + _TIE]
            for name in first:
                won[name] += 1 / len(first)
        return won

    def summary(self, after: Sequence[int] | None = None) -> pd.DataFrame:
        """Strategies by how little regret they leave.

        Parameters
        ----------
        after
            Numbers of own experiments; None: the budget.

        Returns
        -------
        DataFrame
            One row a strategy and number, with columns ``strategy``, ``experiments``, ``regret_median``,
            ``regret_lower_quartile``, ``regret_upper_quartile`` (in the unit of the goal),
            ``feasible_share``, ``wins``, ``runs`` and ``seconds_per_experiment``.
        """
        won, rows = self.wins(), []
        for name in self.strategies:
            regrets = self.regrets(name)
            if not len(regrets):
                continue
            runs = self._of(name)
            n_chosen = sum(sum(run.chosen) for run in runs)
            for k in after or (self.budget,):
                low, median, high = np.quantile(regrets[:, k - 1], [0.25, 0.5, 0.75])
                rows.append(
                    {
                        "strategy": name,
                        "experiments": k,
                        "regret_median": median,
                        "regret_lower_quartile": low,
                        "regret_upper_quartile": high,
                        "feasible_share": self.feasible_share(name),
                        "wins": won[name],
                        "runs": len(regrets),
                        "seconds_per_experiment": sum(run.seconds for run in runs) / max(n_chosen, 1),
                    }
                )
        return pd.DataFrame(rows)

    def figure(self) -> "Figure":
        """Median and quartiles of the true regret against the number of own experiments."""
        from .picture import regret_figure

        return regret_figure(
            {name: values for name in self.strategies if len(values := self.regrets(name))},
            goal=self.goal,
            unit=self.unit,
            title=self.title,
            n_random=self.n_random,
        )

    def _of(self, strategy: str) -> list[Run]:
        keys = sorted((key.lab, key.seed) for key in self.runs if key.strategy == strategy)
        return [self.runs[RunKey(*pair, strategy)] for pair in keys]
