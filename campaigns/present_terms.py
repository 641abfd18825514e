"""Experiments that were made under an earlier campaign file, in the terms of the present one."""

from collections.abc import Mapping
from dataclasses import replace

from ..datasets import Conditions, Experiment, InputError, ParameterSpace, Response, raise_all
from ..datasets.corrected_conditions import with_changes


def in_present_terms(experiment: Experiment, space: ParameterSpace, where: str) -> Experiment:
    """An experiment with a condition for every present parameter, and for no other.

    A parameter that is new since counts as not stated; a number out of range stays what it was.

    Raises
    ------
    InputError
        If it has a value that the file no longer knows.
    """
    try:
        return replace(
            experiment,
            planned=_adapted(experiment.planned, space, where),
            executed=_adapted(experiment.executed, space, where),
        )
    except InputError as error:
        faults = dict.fromkeys(error.faults)
        raise InputError(
            *(
                f"{fault}; the campaign file must keep what was made, a rule can exclude it"
                for fault in faults
            )
        ) from error


def _adapted(conditions: Conditions, space: ParameterSpace, where: str) -> Conditions:
    known = {name: value for name, value in conditions.items() if name in space.by_name and value is not None}
    return space.complete(with_changes(known, {}, space), where, in_range=False)


def check_results(experiment: Experiment, responses: Mapping[str, Response], where: str) -> None:
    """Raise `InputError` with every standing result that the campaign file no longer allows."""
    faults = []
    for measurement in experiment.measurements:
        response = responses.get(measurement.response)
        try:
            if response is not None:
                response.check(measurement.value)
        except InputError as error:
            faults.append(f"{where}: {error}")
    raise_all(faults)
