"""`ovenbird new`: a campaign file to start from."""

from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the campaign, such as alloy.")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="LIBRARY", help="Ready campaign to copy: ltvo. Else a small example."),
    ] = None,
) -> None:
    """Write a campaign file to start from, NAME.yaml in this folder.

    Example: ovenbird new ltvo --from ltvo
    """
    from ..new_file import new_campaign_text, write_new

    stem = name.removesuffix(".yaml")
    file = Path(f"{stem}.yaml")
    write_new(file, new_campaign_text(stem, source))
    print(f"Wrote {file}.")
    print(f"Change it to your study, then:  ovenbird check {file}")
    print(f"First experiments:              suggest-next-experiment {file} --save")
