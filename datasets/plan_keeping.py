"""Keeping a plan: new experiments, samples that go no further and the plan itself, all of it or nothing."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from .errors import raise_all
from .experiment import Status
from .records import NewExperiment, read_experiments
from .schema import unkept_numbers
from .store import Store
from .writes import Stamp, change_experiment, insert_all, joined, write_event


def keep_plan(
    store: Store,
    experiments: Sequence[NewExperiment],
    *,
    prefix: str,
    action: str,
    detail: Callable[[Sequence[str]], Mapping[str, object]],
    over: Mapping[str, str],
) -> list[str]:
    """Write a plan in one transaction.

    Parameters
    ----------
    store
        Where.
    experiments
        New ones.
    prefix
        Beginning of their ids.
    action
        What the event of the plan is called.
    detail
        Gives what is kept of the plan, once the ids of the new experiments are known.
    over
        Ids of experiments that are measured no further, with the reason.

    Returns
    -------
    list of str
        Ids of the new experiments.

    Raises
    ------
    NotFound, InputError
        If one that goes no further is unknown, or a number cannot be kept; nothing is written then.
    """
    raise_all(
        [fault for new in experiments for fault in unkept_numbers("the plan", new.planned, new.executed)]
    )
    for experiment_id in over:
        store.experiment(experiment_id)

    def write(connection: Connection, by: Stamp) -> list[str]:
        ids = insert_all(connection, experiments, prefix, "accept", by)
        for experiment_id, reason in over.items():
            (known,) = read_experiments(connection, by.units, experiment_id.casefold())
            note = joined(known.note, reason)
            change_experiment(connection, known, status=Status.MEASURED.value, note=note)
            told = {"status": Status.MEASURED.value, "status_before": known.status.value, "note": reason}
            write_event(connection, by, "stop", known.id, told)
        write_event(connection, by, action, None, detail(ids))
        return ids

    return store.in_one_transaction(write)
