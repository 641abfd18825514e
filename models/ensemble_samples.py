"""An ensemble of functions as samples that are joint over any conditions, and as a BoTorch model."""

from collections.abc import Callable, Sequence

import torch
from botorch.models.model import Model
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.posteriors.posterior import Posterior
from torch import Tensor

Functions = Callable[[Tensor], Tensor]
"""Latent functions of one response: codes (n, n_parameters) to values (n_members, n)."""


class EnsembleSamples:
    """Samples each of which is one whole member function, so that they are joint over all conditions.

    Parameters
    ----------
    functions
        Members of each response.
    base : Tensor, shape (n_base, n_parameters)
        Codes at which samples are wanted first.
    draws : Tensor, shape (n_samples, n_responses)
        Independent standard normal draws; each picks the member of its sample and response.

    Attributes
    ----------
    at_base : Tensor, shape (n_samples, n_base, n_responses)
    """

    def __init__(self, functions: Sequence[Functions], base: Tensor, draws: Tensor) -> None:
        self._functions, self._shares = tuple(functions), torch.special.ndtr(draws)
        self.at_base = self.at(base)

    def at(self, codes: Tensor) -> Tensor:
        """The same functions at candidates, shape (n_samples, n_candidates, n_responses)."""
        columns = []
        for functions, shares in zip(self._functions, self._shares.T, strict=True):
            values = functions(codes)
            members = (shares * len(values)).long().clamp_max(len(values) - 1)
            columns.append(values[members])
        return torch.stack(columns, dim=-1)


class EnsembleModel(Model):
    """Equally likely functions of each response; those of the same position make one joint member.

    Parameters
    ----------
    functions
        Members of each response, equally many.
    """

    def __init__(self, functions: Sequence[Functions]) -> None:
        super().__init__()
        self.functions = tuple(functions)

    @property
    def num_outputs(self) -> int:
        """Number of responses that `posterior` returns."""
        return len(self.functions)

    @property
    def batch_shape(self) -> torch.Size:
        """One model, no batch of them."""
        return torch.Size()

    def subset_output(self, idcs: list[int]) -> "EnsembleModel":
        """Part of the outputs, by position."""
        return EnsembleModel([self.functions[i] for i in idcs])

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Callable[[Posterior], Posterior] | None = None,
    ) -> Posterior:
        """Every member at codes; there is no gradient by the codes, since trees are piecewise constant.

        Parameters
        ----------
        X : Tensor, shape (..., q, n_parameters)
            Codes.

        Returns
        -------
        EnsemblePosterior
            Of values of shape (..., n_members, q, n_outputs).
        """
        wanted = self.functions if output_indices is None else [self.functions[i] for i in output_indices]
        codes = X.detach().reshape(-1, X.shape[-1])
        values = torch.stack([functions(codes) for functions in wanted], dim=-1)
        values = values.reshape(len(values), *X.shape[:-1], len(wanted)).movedim(0, -3)
        posterior = EnsemblePosterior(values)
        return posterior if posterior_transform is None else posterior_transform(posterior)
