"""Strategies replayed on virtual laboratories: which of them finds the best with how many experiments."""

from .result import SimulationResult
from .settings import STRATEGIES, Start
from .simulate import simulate

__all__ = ["STRATEGIES", "SimulationResult", "Start", "simulate"]
