"""What stored experiments say in words that the campaign file does not know."""

from collections import Counter
from collections.abc import Collection, Iterable

from ..datasets import Experiment
from ..datasets.corrected_conditions import unknown_conditions


def left_aside(
    experiments: Iterable[Experiment], parameters: Collection[str], responses: Collection[str], label: str
) -> tuple[str, ...]:
    """One sentence for every name that was renamed in the campaign file or removed from it.

    Parameters
    ----------
    experiments
        As they are stored.
    parameters, responses
        Names that the campaign file knows.
    label
        What people call the dataset (``ltvo.db``).
    """
    stated: Counter[str] = Counter()
    measured: Counter[str] = Counter()
    for experiment in experiments:
        both = (experiment.planned, experiment.executed)
        stated.update({name for c in both for name in unknown_conditions(c, parameters)})
        measured.update({m.response for m in experiment.measurements} - set(responses))
    return tuple(
        f"{label} {verb} {name} of {count} {'experiment' if count == 1 else 'experiments'}, which the "
        f"campaign file does not know: it is left aside; if it was renamed, name it as before."
        for verb, counts in (("states", stated), ("holds results for", measured))
        for name, count in counts.items()
    )
