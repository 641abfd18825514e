"""`ovenbird fail`, `drop`, `void` and `amend`: what happened to an experiment, with a reason."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ...datasets.errors import raise_all
from .arguments import CampaignFile, ExperimentId, Note, read_assignments

if TYPE_CHECKING:
    from ...datasets import Experiment

Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a few words.")]


class Reason(StrEnum):
    """Why an experiment failed."""

    PROCESS = "process"
    EQUIPMENT = "equipment"


def fail(
    campaign: CampaignFile,
    experiment: ExperimentId,
    reason: Annotated[
        Reason, typer.Option(help="process: these conditions cannot work; equipment: it was not their fault.")
    ],
    note: Note = "",
) -> None:
    """Say that an experiment failed. Failures of the process teach where not to go.

    Example: ovenbird fail ltvo.yaml LTVO-017 --reason process --note "sintered to the crucible"
    """
    from ..campaign import Campaign

    opened = Campaign.open(campaign)
    opened.fail(experiment, reason=reason.value, note=note)
    known = opened.experiment(experiment).id
    if reason is Reason.PROCESS:
        print(
            f"{known} failed because of its conditions: they are not suggested again, and what is alike "
            "counts as riskier."
        )
    else:
        print(f"{known} failed for want of equipment: nothing is learned, the same may be suggested again.")


def drop(campaign: CampaignFile, experiment: ExperimentId, note: Note = "") -> None:
    """Say that a planned experiment will not be made.

    Example: ovenbird drop ltvo.yaml LTVO-017 --note "no time this week"
    """
    from ..campaign import Campaign

    opened = Campaign.open(campaign)
    opened.drop(experiment, note=note)
    print(f"{opened.experiment(experiment).id} is dropped: it is not awaited any more.")


def void(
    campaign: CampaignFile,
    experiment: ExperimentId,
    reason: Why,
    response: Annotated[
        str | None, typer.Argument(metavar="[RESPONSE]", help="Whose values; without it, all of them.")
    ] = None,
) -> None:
    """Withdraw results that are not to be trusted; they stay in the history.

    Example: ovenbird void ltvo.yaml LTVO-017 discharge_capacity --reason "cell was shorted"
    """
    from ...datasets.qualified_value import join_replicates
    from ..campaign import Campaign
    from .standing import standing

    opened = Campaign.open(campaign)
    before = opened.experiment(experiment)
    opened.void(experiment, response=response, reason=reason)
    names = dict.fromkeys(m.response for m in before.measurements if response in (None, m.response))
    withdrawn = [f"{name} {join_replicates(before.values(name))}" for name in names]
    print(f"{before.id}: withdrew {', '.join(withdrawn)}. It stays in the history.")
    print(standing(opened, opened.experiment(before.id)))


def amend(
    campaign: CampaignFile,
    experiment: ExperimentId,
    corrections: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=VALUE...",
            help="Responses, or parameters as they really were; nothing after = where one does not apply.",
        ),
    ],
    reason: Why,
) -> None:
    """Correct results, or conditions as they were really executed; what stood there before is kept.

    Example: ovenbird amend ltvo.yaml LTVO-017 hold_time=4 --reason "timer was set wrongly"
    """
    from ..campaign import Campaign

    given = read_assignments(corrections, "name")
    opened = Campaign.open(campaign)
    parameters, responses = opened.space.by_name, opened.definition.responses
    raise_all(
        [
            f"{name} has no new value; to withdraw it: "
            f"ovenbird void {campaign} {experiment} {name} --reason TEXT"
            for name, value in given.items()
            if not value and name in responses
        ]
    )
    before = opened.experiment(experiment)
    new = {name: value if value or name not in parameters else None for name, value in given.items()}
    opened.amend(experiment, new, reason=reason)
    after = opened.experiment(experiment)
    named = [*given, *(name for name in parameters if name not in given)]
    words = [(name, _in_words(before, name), _in_words(after, name)) for name in named]
    changes = [f"{name} from {old} to {new}" for name, old, new in words if old != new]
    print(f"{after.id}: corrected {', '.join(changes) or 'nothing: this is what stood there'}.")


def _in_words(experiment: "Experiment", name: str) -> str:
    from ...datasets.qualified_value import join_replicates
    from .render import condition

    if name not in experiment.executed:
        return join_replicates(experiment.values(name))
    value = experiment.executed[name]
    return "none" if value is None else condition(value)
