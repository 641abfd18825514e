"""A campaign file to start from."""

import re
from pathlib import Path

from ..datasets import InputError
from .file_format import CAMPAIGN_NAME
from .library import library_path

_BLANK = """\
# A campaign: what you set, what you measure, what you are after. Change everything below
# to your own study; `ovenbird check` says whether the file is in order.

name: {name}
title: a sentence for people

# Results go into NAME.db beside this file, with NAME as above.

# What someone sets. A list is a choice; a range has a unit and the step your dial has.
# `when` makes a parameter exist only with a certain choice.
parameters:
  solvent: [water, ethanol]
  temperature: {{unit: degC, from: 20, to: 70, step: 5}}
  stirring: [none, magnetic]
  stirring_speed: {{unit: rpm, from: 100, to: 800, step: 50, when: {{stirring: magnetic}}}}

# What is never made:
# rules:
#   - {{exclude: {{solvent: ethanol, temperature: 70}}, reason: too close to its boiling point}}

# What is measured: a number with a unit, a fraction (0 to 1), or kind: yes_no.
responses:
  product_yield: {{kind: fraction}}
  pure: {{kind: yes_no}}

# One of maximise, minimise, or target: {{product_yield: 0.5}}; several together ask for a front.
goal:
  maximise: product_yield

# What a sample must satisfy, and how surely:
limits:
  pure: {{probability_at_least: 0.8}}
"""


def new_campaign_text(name: str, source: str | None = None) -> str:
    """Write a campaign file that is in order as it stands.

    Parameters
    ----------
    name
        Name of the campaign.
    source
        Campaign of the library to copy, comments included, or None for a small example.

    Raises
    ------
    InputError
        If the name cannot be a campaign's.
    NotFound
        If the library has no such campaign.
    """
    if not CAMPAIGN_NAME.fullmatch(name):
        raise InputError(f"name: '{name}' must begin with a letter or digit and hold only those, - and _")
    # Names such as 007, null or 1e3 would mean something else without quotes.
    written = (
        name if re.match(r"[A-Za-z]", name) and name.lower() not in ("null", "true", "false") else f'"{name}"'
    )
    if source is None:
        return _BLANK.format(name=written)
    text = library_path(source).read_text(encoding="utf-8")
    text = re.sub(r"^name: .*$", f"name: {written}", text, count=1, flags=re.MULTILINE)
    return text.replace(f"into {source}.db", f"into {name}.db")


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises
    ------
    InputError
        If there is such a file already, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError(f"{path}: there is such a file already; choose another name or remove it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be written ({reason})") from error
