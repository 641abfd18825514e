"""Optuna: campaigns to look at with its tools, and Ovenbird as the sampler of its studies."""

from .exported_study import Exported, export_study
from .sampler import OvenbirdSampler

__all__ = ["Exported", "OvenbirdSampler", "export_study"]
