"""`suggest-next-experiment`: what to make next."""

import json
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...datasets.errors import InputError
from .edge import NOTHING_TO_SUGGEST, run, working
from .find_campaign import FoundCampaign, find_campaign

if TYPE_CHECKING:
    from ...datasets import Dataset
    from ...planner.suggestion import Suggestions

_WIDTH_OF_PIPES = 110  # reasons are sentences, and read badly any wider

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Format(StrEnum):
    """How suggestions are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.command()
def suggest_next_experiment(
    campaign: Annotated[
        Path | None,
        typer.Argument(
            help="Campaign file; without one, the only one in this folder, or the bundled LTVO campaign."
        ),
    ] = None,
    n: Annotated[int, typer.Option("-n", "--number", min=1, max=100, help="How many experiments.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Same data and seed, same suggestions.")] = 0,
    format: Annotated[
        Format, typer.Option(help="table for people, json or csv for programs.")
    ] = Format.TABLE,
    save: Annotated[bool, typer.Option("--save", help="Keep them as planned experiments with ids.")] = False,
) -> None:
    """Say what to make next, with a forecast and reasons for each experiment.

    Example: suggest-next-experiment ltvo.yaml -n 4 --save
    """
    with working("Opening the campaign"):
        found = find_campaign(campaign)
    if save and not found.is_writable:
        raise InputError(
            "--save needs a campaign file of your own; write one with: ovenbird new ltvo --from ltvo"
        )
    opened = found.campaign
    data = opened.dataset()
    with working(f"Learning from {len(data)} experiments"):
        opened.beliefs(data)
    with working(f"Choosing {n} experiments"):
        suggestions = opened.suggest(n, seed=seed)
    if save:
        saved = opened.accept(suggestions)
        suggestions = replace(suggestions, items=saved)
    _print(found, data, suggestions, seed, format)
    if not len(suggestions):
        raise typer.Exit(NOTHING_TO_SUGGEST)


def _print(
    found: FoundCampaign, data: "Dataset", suggestions: "Suggestions", seed: int, style: Format
) -> None:
    campaign = found.campaign
    if style is Format.JSON:
        content = {
            "campaign": campaign.name,
            "seed": seed,
            "dataset": {"experiments": len(data), "fingerprint": data.fingerprint},
            "suggestions": [suggestion.as_json() for suggestion in suggestions],
            "messages": list(suggestions.messages),
        }
        if suggestions.stopping is not None:
            content["stopping"] = suggestions.stopping.as_json()
        print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
        return
    if style is Format.CSV:
        print(found.message, *_messages(suggestions), sep="\n", file=sys.stderr)
        frame = suggestions.to_frame()
        frame.index.name = "id"
        print(frame.to_csv(), end="")
        return
    from .render import print_suggestions
    from .terminal import console

    out = console(width_of_pipes=_WIDTH_OF_PIPES)
    out.print(f"{found.message}.", highlight=False, markup=False)
    out.print(
        f"Learned from {len(data)} experiments (fingerprint {data.fingerprint}), seed {seed}.\n",
        highlight=False,
    )
    print_suggestions(out, suggestions, campaign.problem)
    for message in _messages(suggestions):
        out.print(f"\n{message}", highlight=False, markup=False)


def _messages(suggestions: "Suggestions") -> list[str]:
    advice = suggestions.stopping
    return [*suggestions.messages, *([] if advice is None else [f"Stop or go on? {advice.advice}"])]


def main() -> None:
    """Entry point."""
    run(app)
