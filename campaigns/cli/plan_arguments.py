"""Times, and machines that are down, as they are typed on a command line."""

import re
from datetime import datetime, time

from ...datasets.errors import InputError, raise_all
from ...planner.lab import Lab, Outage

_DOWN = re.compile(r"(?P<name>[^=*]+?)(?:\*(?P<count>\d+))?=(?P<start>[^/]+)/(?P<end>[^/]+)")
_EXAMPLE = "planetary_mill=2026-11-25T14:00/2026-11-27"


def read_moment(text: str) -> datetime:
    """A time of the lab's clock.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"'{text}' is no time, allowed are such as 2026-11-25T14:00") from None
    if moment.tzinfo is not None:
        raise InputError(
            f"'{text}' has a time zone; times are those of the lab's clock, such as 2026-11-25T14:00"
        )
    return moment


def read_down(given: list[str], lab: Lab | None) -> dict[str, list[Outage]]:
    """Machines that are down, from words such as ``planetary_mill=2026-11-25T14:00/2026-11-27``.

    Raises
    ------
    InputError
        With one sentence for each that cannot be read.
    """
    found: dict[str, list[Outage]] = {}
    faults: list[str] = []
    for word in given:
        match = _DOWN.fullmatch(word.strip())
        if match is None:
            faults.append(f"'{word}' is not of the form MACHINE=FROM/TO, such as {_EXAMPLE}")
            continue
        try:
            start, end = read_moment(match["start"]), read_moment(match["end"])
        except InputError as error:
            faults += error.faults
            continue
        if "T" not in match["end"] and ":" not in match["end"]:
            end = datetime.combine(end.date(), time.max).replace(second=0, microsecond=0)
        if not start < end:
            faults.append(f"'{word}': the end must come after the start")
            continue
        name = match["name"].strip()
        known = lab.resources.get(name) if lab is not None else None
        most = known.count if known else None
        count = int(match["count"]) if match["count"] else (most or 1)
        if count < 1 or (most is not None and count > most):
            there = "how many are down" if most is None else f"1 to {most}"
            faults.append(f"'{word}': {count} of {name} are said to be down, allowed is {there}")
            continue
        found.setdefault(name, []).append(Outage(start=start, end=end, count=count, reason=""))
    raise_all(faults)
    return found
