"""A campaign as an Optuna study, for optuna-dashboard and the plots of Optuna."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from ...datasets import InputError, Status
from ..campaign_records import CampaignRecords
from .exported_distributions import exported_distributions
from .exported_trial import CONSTRAINTS, ID, exported_trial, goal_label
from .study_file import check_study_url

_WRITTEN_BY, _OVENBIRD, _CAMPAIGN = "written by", "Ovenbird", "campaign"


@dataclass(frozen=True)
class Exported:
    """A study as it stands after an export, and what the export did to it.

    Attributes
    ----------
    study
        The study; trial by trial the experiments of the campaign.
    is_new
        Whether there was no such study before.
    added, changed
        How many trials were added, and how many that were still open got something new.
    is_rewritten
        Whether something exported as finished had changed since, so that all was written anew: Optuna
        never changes a finished trial. An open dashboard shows that only after a restart.
    """

    study: Study
    is_new: bool = False
    added: int = 0
    changed: int = 0
    is_rewritten: bool = False


def export_study(
    records: CampaignRecords, storage: str | BaseStorage | None = None, study_name: str | None = None
) -> Exported:
    """Write a campaign into an Optuna study, or bring its study there up to date.

    Literature comes first, then own experiments in their order; what was dropped, or states no conditions
    at all, is left out. Parameters with `values` or steps on a log scale become ranges without steps.

    Parameters
    ----------
    records
        The campaign.
    storage
        URL or storage of Optuna; None: in memory.
    study_name
        Name of the study; None: that of the campaign.

    Raises
    ------
    InputError
        If the storage cannot be used, or a study of this name there is not this campaign's.
    """
    name = records.name if study_name is None else study_name
    if not isinstance(name, str) or not name:
        raise InputError(f"study_name is {name!r}, allowed is any text")
    trials = exported_trials(records)
    opened = _opened(storage, records)
    try:
        if name not in optuna.study.get_all_study_names(opened):
            return Exported(_written(records, trials, opened, name), is_new=True, added=len(trials))
        study = optuna.load_study(study_name=name, storage=opened)
        _check_ours(study, records)
        if not _is_up_to_date(study, trials, records):
            _refuse_foreign_trials(study)
            optuna.delete_study(study_name=name, storage=opened)
            return Exported(_written(records, trials, opened, name), is_rewritten=True)
        return _updated(study, trials, opened)
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise InputError(f"the Optuna storage cannot be written: {_first_line(error)}") from error


def exported_trials(records: CampaignRecords) -> list[FrozenTrial]:
    """The experiments of a campaign as trials, literature first."""
    begun: dict[str, Any] = {}
    for event in records.events():
        if event.experiment_id is not None:
            begun.setdefault(event.experiment_id, event.at)
    experiments = [
        e
        for e in records.dataset().experiments
        if e.status is not Status.DROPPED and any(isinstance(x, float | str) for x in e.executed.values())
    ]
    experiments.sort(key=lambda e: e.is_own)
    distributions = exported_distributions(records.space, (e.executed for e in experiments))
    return [exported_trial(records.problem, e, distributions, begun.get(e.id)) for e in experiments]


def _opened(storage: str | BaseStorage | None, records: CampaignRecords) -> BaseStorage:
    if isinstance(storage, str):
        check_study_url(storage, records.definition.dataset_url)
    try:
        return optuna.storages.get_storage(storage)
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError, ImportError, ValueError) as error:
        raise InputError(f"'{storage}' cannot be opened as Optuna storage: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _directions(records: CampaignRecords) -> list[StudyDirection]:
    up, down = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE
    return [up if objective.sense == "maximise" else down for objective in records.problem.goal.objectives]


def _labels(records: CampaignRecords) -> list[str]:
    return [goal_label(objective) for objective in records.problem.goal.objectives]


def _written(
    records: CampaignRecords, trials: Sequence[FrozenTrial], storage: BaseStorage, name: str
) -> Study:
    study = optuna.create_study(storage=storage, study_name=name, directions=_directions(records))
    study.set_user_attr(_WRITTEN_BY, _OVENBIRD)
    study.set_user_attr(_CAMPAIGN, records.name)
    if records.definition.title:
        study.set_user_attr("title", records.definition.title)
    study.set_user_attr("units", {p.name: p.unit for p in records.space if p.unit})
    with warnings.catch_warnings():
        # Optuna has called it experimental since 3.2.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(_labels(records))
    study.add_trials(trials)
    return study


def _check_ours(study: Study, records: CampaignRecords) -> None:
    marks = study.user_attrs
    if marks.get(_WRITTEN_BY) == _OVENBIRD and marks.get(_CAMPAIGN) == records.name:
        return
    whose = f"of campaign '{marks[_CAMPAIGN]}'" if _CAMPAIGN in marks else "that Ovenbird did not write"
    raise InputError(
        f"the Optuna storage holds a study '{study.study_name}' {whose}; choose another file or study_name"
    )


def _refuse_foreign_trials(study: Study) -> None:
    foreign = [t.number for t in study.get_trials(deepcopy=False) if ID not in t.user_attrs]
    if foreign:
        raise InputError(
            f"results of study '{study.study_name}' were corrected since its last export, and it cannot be "
            f"written anew, since trial {foreign[0]} did not come from the campaign; choose another file or "
            "study_name"
        )


def _is_up_to_date(study: Study, trials: Sequence[FrozenTrial], records: CampaignRecords) -> bool:
    """Whether all that is stored stands as it is, or can still take what is new."""
    if study.directions != _directions(records):
        return False
    if study.metric_names != _labels(records):
        return False
    wanted = {trial.user_attrs[ID]: trial for trial in trials}
    stored = [t for t in study.get_trials(deepcopy=False) if ID in t.user_attrs]
    return all(
        trial.user_attrs[ID] in wanted and _can_become(trial, wanted[trial.user_attrs[ID]])
        for trial in stored
    )


def _is_same(stored: FrozenTrial, wanted: FrozenTrial) -> bool:
    return stored.state is wanted.state and all(
        getattr(stored, part) == getattr(wanted, part)
        for part in ("values", "params", "distributions", "user_attrs", "constraints")
    )


def _can_become(stored: FrozenTrial, wanted: FrozenTrial) -> bool:
    """Whether Optuna lets a stored trial become another: attributes of an open one may change."""
    if _is_same(stored, wanted):
        return True
    return (
        not stored.state.is_finished()
        and not (stored.state is TrialState.RUNNING and wanted.state is TrialState.WAITING)
        and stored.params == wanted.params
        and stored.distributions == wanted.distributions
        and stored.user_attrs.keys() <= wanted.user_attrs.keys()
    )


def _updated(study: Study, trials: Sequence[FrozenTrial], storage: BaseStorage) -> Exported:
    stored = {t.user_attrs[ID]: t for t in study.get_trials(deepcopy=False) if ID in t.user_attrs}
    changed = 0
    for trial in trials:
        known = stored.get(trial.user_attrs[ID])
        if known is not None and not _is_same(known, trial):
            _take_over(study, storage, known, trial)
            changed += 1
    new = [trial for trial in trials if trial.user_attrs[ID] not in stored]
    study.add_trials(new)
    return Exported(study, added=len(new), changed=changed)


def _take_over(study: Study, storage: BaseStorage, stored: FrozenTrial, wanted: FrozenTrial) -> None:
    study_id = storage.get_study_id_from_name(study.study_name)
    trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, stored.number)
    if stored.state is TrialState.WAITING and wanted.state is not TrialState.WAITING:
        storage.set_trial_state_values(trial_id, TrialState.RUNNING)
    trial = Trial(study, trial_id)
    for key, value in wanted.user_attrs.items():
        if stored.user_attrs.get(key) != value:
            trial.set_user_attr(key, value)
    if stored.constraints != wanted.constraints:
        storage.set_trial_system_attr(trial_id, CONSTRAINTS, wanted.system_attrs[CONSTRAINTS])
    # Last, since Optuna lets nobody change a trial that is finished.
    if wanted.state.is_finished():
        storage.set_trial_state_values(trial_id, wanted.state, wanted.values)
