"""Covariance of sums over places of one process, with its gradient in closed form."""

from typing import Any

import torch
from torch import Tensor

from .kernels import matern_and_slope


def covariance_of_sums(
    amplitude: Tensor,
    inputs: Tensor,
    trend: Tensor,
    loads: Tensor | None,
    slope_sd: float,
    constant: float,
    rough: float,
) -> Tensor:
    """W (a^2 M + s^2 T T^T + c^2) W^T of a Matern correlation M, trends T and weights W.

    Parameters
    ----------
    amplitude : Tensor, shape (...)
        The standard deviation a.
    inputs, trend : Tensor, shapes (..., n_places, n_columns) and (..., n_places, n_trends)
        Inputs over their length scales, and of the trends T.
    loads : Tensor, shape (..., n_sums, n_places)
        The weights W; None: each place by itself.
    slope_sd, constant
        The standard deviations s and c.
    rough
        Share of Matern-1/2.

    Returns
    -------
    Tensor, shape (..., n_sums, n_sums)
    """
    return _CovarianceOfSums.apply(amplitude, inputs, trend, loads, slope_sd, constant, rough)


class _CovarianceOfSums(torch.autograd.Function):
    """With G what comes in and K the covariance of places: W^T G W goes to K, and (G + G^T) W K to W."""

    @staticmethod
    def forward(
        ctx: Any,
        amplitude: Tensor,
        inputs: Tensor,
        trend: Tensor,
        loads: Tensor | None,
        slope_sd: float,
        constant: float,
        rough: float,
    ) -> Tensor:
        wanted = any(ctx.needs_input_grad)
        correlation, slope = matern_and_slope(inputs, inputs, rough, with_slope=wanted)
        places = amplitude[..., None, None] ** 2 * correlation
        if trend.shape[-1]:
            places = places.add_((slope_sd**2 * trend) @ trend.mT)
        places = places.add_(constant**2)
        half = places if loads is None else loads @ places
        ctx.slope_variance = slope_sd**2
        if wanted:
            ctx.save_for_backward(amplitude, inputs, trend, loads, correlation, slope, half)
        return half if loads is None else half @ loads.mT

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        amplitude, inputs, trend, loads, correlation, slope, half = ctx.saved_tensors
        incoming = gradients[0]
        both = incoming + incoming.mT
        by_loads = both @ half if ctx.needs_input_grad[3] else None
        by_places = both if loads is None else loads.mT @ both @ loads  # twice what goes to each entry
        by_amplitude = amplitude * (by_places * correlation).sum((-2, -1))
        by_trend = ctx.slope_variance * by_places @ trend if ctx.needs_input_grad[2] else None
        weighted = (by_places * slope).mul_(amplitude[..., None, None] ** 2)
        by_inputs = inputs * weighted.sum(-1, keepdim=True) - weighted @ inputs
        return by_amplitude, by_inputs, by_trend, by_loads, None, None, None
