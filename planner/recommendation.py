"""What an experiment is worth to the recommendation that stands at the end."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..models.beliefs import Beliefs
from ..models.evidence import PROCESS_WORKS
from ..models.joint_samples import JointSamples
from .feasibility import sampled_log_feasibility, sampled_responses
from .known import keys_of
from .objectives import measured_names, objective_spread, sampled_objective
from .problem import Problem

_N_SAMPLES = 512
_N_COMPROMISES = 8


class RecommendationValue:
    """Expected value of what experiments will show, for the choice of conditions to recommend.

    A recommendation is worth its merit above a poor one if it keeps all limits, and nothing if it breaks
    one; what will be recommended is what is worth most on average by then. In joint posterior samples the
    results of experiments are simulated, noise included, and the worth of every option is regressed on
    them: the mean over samples of the largest fitted worth, less the largest mean, is the value of
    information (Strong, Oakley & Brennan, Medical Decision Making 34 (2014) 311; Strong et al., ibid. 35
    (2015) 570). Fits are shrunk by what chance alone would explain. With several objectives this is averaged
    over weightings: which compromise will be picked is not known.

    Whether anything will be made after these experiments is not known either. If not, only what has been
    made can be recommended; if so, any conditions can be made in the end. Both count half.

    Parameters
    ----------
    problem, beliefs
        What is wanted, and what is believed.
    made : Tensor, shape (n_made, n_parameters)
        What could be recommended if nothing else is made; at least one.
    later : Tensor, shape (n_later, n_parameters)
        What could be made later and recommended then; none if these experiments are the last.
    awaited : Tensor, shape (n_awaited, n_parameters)
        Pending or chosen experiments, whose results will be known anyway.
    asked : Tensor, shape (n_asked, n_parameters)
        Experiments to be valued. Each can be recommended once it is made.
    seed
        Of the samples.
    """

    def __init__(
        self,
        problem: Problem,
        beliefs: Beliefs,
        *,
        made: Tensor,
        later: Tensor,
        awaited: Tensor,
        asked: Tensor,
        seed: int,
    ) -> None:
        self.problem, self.beliefs = problem, beliefs
        wanted = [*measured_names(problem.goal, problem.costs), *(limit.response for limit in problem.limits)]
        self.names = sampled_responses(wanted, beliefs)
        everything = torch.cat([made, later, awaited, asked])
        keys = keys_of(everything)
        first = {key: row for row, key in reversed(list(enumerate(keys)))}
        rows = sorted(first.values())
        place = {keys[row]: position for position, row in enumerate(rows)}
        self._places = everything[rows]
        at = [place[key] for key in keys]
        ends = np.cumsum([len(made), len(later), len(awaited)]).tolist()
        self._n_made = len(made)
        self._made, self._later = at[: ends[0]], at[: ends[1]]
        self._awaited, self._asked = at[ends[1] : ends[2]], at[ends[2] :]
        # What is awaited will have been made.
        self._made = self._made + self._awaited
        self._later = self._later + self._awaited
        self._samples = JointSamples(beliefs.surrogates, self.names, self._places, _N_SAMPLES, seed).at_base
        self._generator = torch.Generator().manual_seed(seed)

    @cached_property
    def _merits(self) -> Tensor:
        """Scaled merits, shape (n_samples, n_places, n_objectives)."""
        columns = [
            sampled_objective(o, self.beliefs, self.problem.costs, self._samples, self._places) / spread
            for o, spread in zip(self.problem.goal.objectives, self.spreads, strict=True)
        ]
        return torch.stack(columns, dim=-1)

    @cached_property
    def spreads(self) -> list[float]:
        """Usual spread of each objective, in its unit."""
        objectives, costs = self.problem.goal.objectives, self.problem.costs
        return [objective_spread(o, self.beliefs, costs) for o in objectives]

    @property
    def unit_of_worth(self) -> float:
        """Factor from scaled merits to the unit of the goal; 1 with several objectives."""
        return self.spreads[0] if len(self.spreads) == 1 else 1.0

    @cached_property
    def _worths(self) -> list[Tensor]:
        """What each place would be worth as recommendation, (n_samples, n_places) for each weighting."""
        works = self._samples.get(PROCESS_WORKS)
        others = {name: latent for name, latent in self._samples.items() if name != PROCESS_WORKS}
        keeps = sampled_log_feasibility(self.problem.limits, self.beliefs, others).exp()
        if works is not None:
            # A recipe that fails now and then is one all the same, as long as it mostly works.
            keeps = keeps * (works >= 0)
        n_objectives = self._merits.shape[-1]
        weightings = [[1.0]]
        if n_objectives > 1:
            weightings = np.random.default_rng(0).dirichlet([1.0] * n_objectives, _N_COMPROMISES).tolist()
        worths = []
        for weights in weightings:
            merit = self._merits @ torch.tensor(weights, dtype=torch.float64)
            poor = merit.mean(dim=0).min() - 1
            worths.append(keeps * (merit - poor))
        return worths

    @cached_property
    def usual(self) -> Tensor:
        """What each of the made is worth on average, in the unit of the goal above a poor one, (n_made,)."""
        return self._worths[0].mean(dim=0)[self._made[: self._n_made]] * self.unit_of_worth

    def of_asked(self) -> Tensor:
        """Gain of the final recommendation that each asked experiment brings, shape (n_asked,)."""
        awaited = [self._results(place) for place in self._awaited]
        known = _whitened(torch.cat([torch.ones(_N_SAMPLES, 1, dtype=torch.float64), *awaited], dim=1))
        # The same draws of noise for all that are asked: what differs is the experiment.
        state = self._generator.get_state()
        gains = []
        for place in self._asked:
            self._generator.set_state(state)
            results = self._results(place)
            told = _whitened(results - known @ (known.T @ results))
            gains.append(sum(self._gain(worth, known, told, place) for worth in self._worths))
        total = torch.tensor([float(gain) for gain in gains], dtype=torch.float64)
        return total * self.unit_of_worth / len(self._worths)

    def _gain(self, worth: Tensor, known: Tensor, told: Tensor, place: int) -> float:
        gain = 0.0
        for places in (self._made, self._later):
            if not places:
                gain += float(worth[:, place].mean()) / 2
                continue
            options = worth[:, [*places, place]]
            base = _fitted(options, known)
            after = base + _shrunk(options - base, told)
            gain += float((after.max(dim=1).values - base[:, :-1].max(dim=1).values).mean()) / 2
        return gain

    def _results(self, place: int) -> Tensor:
        """What making the experiment would show in each sample, shape (n_samples, n_responses)."""
        columns = []
        for name in self.names:
            latent = self._samples[name][:, place]
            surrogate = self.beliefs.surrogate_of(name)
            if surrogate.scales[name] is None:
                draws = torch.rand(_N_SAMPLES, generator=self._generator, dtype=torch.float64)
                columns.append((draws < torch.special.ndtr(latent)).to(torch.float64))
                continue
            noise = surrogate.noise_variance(name, latent).sqrt()
            draws = torch.randn(_N_SAMPLES, generator=self._generator, dtype=torch.float64)
            columns.append(latent + noise * draws)
        return torch.stack(columns, dim=1)


def _whitened(columns: Tensor) -> Tensor:
    """Orthonormal columns that span those given; what is nothing but rounding is left out."""
    left, sizes, _ = torch.linalg.svd(columns, full_matrices=False)
    return left[:, sizes > 1e-6 * max(1.0, float(sizes.max()))]


def _fitted(worth: Tensor, known: Tensor) -> Tensor:
    """Worth as expected from the results of what is awaited; the first direction is the mean."""
    mean = worth.mean(dim=0, keepdim=True)
    if known.shape[1] == 1:
        return mean.expand_as(worth)
    return mean + _shrunk(worth - mean, known)


def _shrunk(worth: Tensor, told: Tensor) -> Tensor:
    """Part of the worth that results explain, less what as many results of no meaning would."""
    parts = told.T @ worth
    explained = parts.square().sum(dim=0)
    left = (worth.square().sum(dim=0) - explained).clamp_min(0.0)
    by_chance = told.shape[1] * left / max(len(worth) - told.shape[1], 1)
    return (told @ parts) * (1 - by_chance / explained.clamp_min(1e-300)).clamp_min(0.0)
