"""Which campaign a command is about."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...datasets.errors import InputError, listed

if TYPE_CHECKING:
    from ..campaign import Campaign

_BUNDLED = "ltvo"


@dataclass(frozen=True)
class FoundCampaign:
    """A campaign, what to say about how it was found, and whether results can be kept in it."""

    campaign: "Campaign"
    message: str
    is_writable: bool


def find_campaign(path: Path | None) -> FoundCampaign:
    """Open the named campaign, else the only one in this folder, else the bundled one.

    Raises
    ------
    InputError
        If there are several campaign files in the folder.
    """
    from ..campaign import Campaign
    from ..library import library_path

    if path is not None:
        return FoundCampaign(Campaign.open(path), f"Campaign {path}", is_writable=True)
    here = [file for file in sorted([*Path().glob("*.yaml"), *Path().glob("*.yml")]) if _is_campaign(file)]
    if len(here) > 1:
        raise InputError(
            f"several campaign files in this folder: name one of {listed([f.name for f in here])}"
        )
    if here:
        return FoundCampaign(
            Campaign.open(here[0]), f"Campaign {here[0]}, the only one in this folder", is_writable=True
        )
    bundled = Campaign.open(library_path(_BUNDLED), dataset="sqlite://")
    message = f"No campaign file in this folder: bundled campaign '{_BUNDLED}', nothing is written"
    return FoundCampaign(bundled, message, is_writable=False)


def _is_campaign(file: Path) -> bool:
    """Whether a YAML file looks like a campaign's: a key of its own at the left margin says so."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    keys = {line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()}
    return {"parameters", "responses"} <= keys
