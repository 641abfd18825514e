"""Every figure of the report as a function that makes a matplotlib figure from data."""

from ...gantt import gantt_figure
from .curves import chain_figure, effects_figure
from .front import front_figure
from .inline_svg import svg_of
from .maps import map_figure
from .outcomes import outcomes_figure
from .progress import progress_figure
from .record import record_figure
from .trust import coverage_figure, importance_figure, parity_figure, reliability_figure

__all__ = [
    "chain_figure",
    "coverage_figure",
    "effects_figure",
    "front_figure",
    "gantt_figure",
    "importance_figure",
    "map_figure",
    "outcomes_figure",
    "parity_figure",
    "progress_figure",
    "record_figure",
    "reliability_figure",
    "svg_of",
]
