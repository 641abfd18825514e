"""Do the maps of the bundled campaign look like chemistry? Two pictures, and what can be checked in numbers.

    python benchmarks/ltvo_maps.py FOLDER

Writes the probability of phase purity over temperature and hold (solid-state, unmilled) and that of
oxidation over milling speed and time (solid-state, 700 degC, 3 h) as PNG, and prints whether each rises
where that is declared, and for how many settings the forecast is all but certain.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.datasets import ConditionValue
from ovenbird.models.map_picture import map_figure
from ovenbird.models.response_map import response_map
from ovenbird.models.threads import one_thread

_DPI = 200
_SURE = 0.02
_SMALL_STEP = 0.005  # a fall of the probability by less is not worth a word


@dataclass(frozen=True)
class Map:
    """A response over two parameters, and with which of them it is declared to rise."""

    response: str
    x: str
    y: str
    fixed: dict[str, ConditionValue]


MAPS = (
    Map("phase_pure", "calcination_temperature", "hold_time", {"route": "solid_state", "milling": "none"}),
    Map(
        "oxidised",
        "milling_speed",
        "milling_time",
        {"route": "solid_state", "calcination_temperature": 700.0, "hold_time": 3.0, "milling": "planetary"},
    ),
)


def main() -> None:
    """Write the pictures and print the checks."""
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/ltvo_maps.py FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    beliefs = Campaign.open(library_path("ltvo"), dataset="sqlite://").beliefs()
    with one_thread():
        for one in MAPS:
            arguments = (beliefs, one.response, one.x, one.y, one.fixed)
            file = folder / f"ltvo-{one.response}.png"
            map_figure(*arguments).savefig(file, dpi=_DPI)
            print(f"{file}: {one.response}")
            _print_checks(one, response_map(*arguments).value)


def _print_checks(one: Map, probability: np.ndarray) -> None:
    """Falls along each axis, where it is declared to rise, and shares of near certainty."""
    for axis, name in ((1, one.x), (0, one.y)):
        change = np.diff(probability, axis=axis)
        falls = change < -_SMALL_STEP
        # From the highest probability met so far on the way, in the direction of the parameter.
        drop = float((np.maximum.accumulate(probability, axis=axis) - probability).max())
        verdict = "rises everywhere" if not falls.any() else f"falls at {falls.mean():.1%} of the steps"
        print(f"  with {name} it {verdict} (largest fall along a line {drop:.3f})")
    low, high = float((probability < _SURE).mean()), float((probability > 1 - _SURE).mean())
    print(f"  {probability.size} settings: {low:.1%} below {_SURE:.0%}, {high:.1%} above {1 - _SURE:.0%}")
    print(f"  probabilities from {probability.min():.3f} to {probability.max():.3f}")


if __name__ == "__main__":
    main()
