"""Virtual labs: a mechanistic powder synthesis with every truth known, drawn from a lab description file."""

from .lab_file import LabFamily, read_virtual_lab
from .true_optimum import (
    TrueOptimum,
    find_true_optimum,
    true_merit,
    true_regret,
    true_value,
    truly_feasible,
)
from .virtual_lab import VirtualLab

__all__ = [
    "LabFamily",
    "TrueOptimum",
    "VirtualLab",
    "find_true_optimum",
    "read_virtual_lab",
    "true_merit",
    "true_regret",
    "true_value",
    "truly_feasible",
]
