"""A campaign as an Optuna study: every experiment as it is, updated without doubles, drawn by Optuna."""

import sqlite3
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState, create_trial

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.optuna_bridge.exported_distributions import exported_distributions
from ovenbird.campaigns.optuna_bridge.exported_study import export_study
from ovenbird.campaigns.optuna_bridge.exported_trial import exported_trial
from ovenbird.datasets import InputError, NumericParameter, ParameterSpace, Response
from ovenbird.planner.goal import Goal, Objective
from ovenbird.planner.problem import Problem

Study = optuna.Study
Table = list[dict[str, Any]]

ROWS = """\
id,route,temperature [degC],milling,milling_speed [rpm],pure,area [m2/g],strength [MPa],status
G-1,dry,200,planetary,400,yes,~30,250; 254,
G-2,wet,150,none,,no,,,
G-3,dry,110,none,,yes,>20,>80,
"""


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    """The small campaign with three samples of its own."""
    table = glass.parent / "own.csv"
    table.write_text(ROWS.replace(",status", "").replace(",\n", "\n"), encoding="utf-8")
    opened = Campaign.open(glass)
    opened.add(table)
    return opened


def by_id(study: Study) -> dict[str, optuna.trial.FrozenTrial]:
    trials = {trial.user_attrs["id"]: trial for trial in study.trials}
    assert len(trials) == len(study.trials), "an experiment stands twice"
    return trials


def test_every_experiment_is_a_trial_with_all_that_is_known(campaign: Campaign) -> None:
    study = campaign.to_study()
    trials = by_id(study)
    assert list(trials) == ["P-1", "P-2", "P-3", "P-4", "G-1", "G-2", "G-3"]
    assert study.direction is optuna.study.StudyDirection.MAXIMIZE
    assert study.metric_names == ["strength"]
    best = trials["G-1"]
    assert best.state is TrialState.COMPLETE and best.values == [252.0]
    assert best.params == {"route": "dry", "temperature": 200, "milling": "planetary", "milling_speed": 400}
    assert list(best.constraints.values()) == [0.0] and best.user_attrs["limit pure"] == "kept"
    assert best.user_attrs["strength [MPa]"] == 252.0
    assert best.user_attrs["strength [MPa] as written"] == "250; 254"
    assert best.user_attrs["area [m2/g] as written"] == "~30"
    assert best.user_attrs["pure"] is True
    assert best.user_attrs["source"] == "this lab"
    assert trials["P-1"].user_attrs["source"] == "10.1/glass"


def test_what_does_not_apply_is_absent(campaign: Campaign) -> None:
    assert set(by_id(campaign.to_study())["G-2"].params) == {"route", "temperature", "milling"}


def test_without_a_value_of_the_goal_a_trial_is_pruned_and_says_why(campaign: Campaign) -> None:
    trials = by_id(campaign.to_study())
    for name, broken in (("G-2", 1.0), ("G-3", 0.0)):
        assert trials[name].state is TrialState.PRUNED and trials[name].values is None
        assert trials[name].user_attrs["no goal value"] == "strength is not known"
        assert list(trials[name].constraints.values()) == [broken]
    # A bound is no value, and is kept as what it is.
    assert trials["G-3"].user_attrs["strength [MPa] as written"] == ">80"
    assert "strength [MPa]" not in trials["G-3"].user_attrs


def test_states_and_reasons(campaign: Campaign) -> None:
    more = [{"route": "dry", "temperature": 100 + 10 * i, "milling": "none"} for i in range(5)]
    import pandas as pd

    running, planned, process, equipment, dropped = campaign.add(pd.DataFrame(more).assign(status="planned"))
    campaign.log(running, pure=True)
    campaign.fail(process, reason="process", note="melted")
    campaign.fail(equipment, reason="equipment")
    campaign.drop(dropped)
    trials = by_id(campaign.to_study())
    assert trials[running].state is TrialState.RUNNING
    assert trials[planned].state is TrialState.WAITING
    assert [trials[x].state for x in (process, equipment)] == [TrialState.FAIL] * 2
    assert [trials[x].user_attrs["failure"] for x in (process, equipment)] == ["process", "equipment"]
    assert "melted" in trials[process].user_attrs["note"]
    assert dropped not in trials


def test_dates_are_those_of_the_records(campaign: Campaign) -> None:
    entered = min(event.at for event in campaign.events("G-1")).astimezone().replace(tzinfo=None)
    assert by_id(campaign.to_study())["G-1"].datetime_start == entered


def test_the_best_trial_is_the_best_that_kept_the_limits(campaign: Campaign) -> None:
    campaign.amend("G-1", pure="no", reason="looked again")
    best = campaign.to_study().best_trial
    assert (best.user_attrs["id"], best.value) == ("P-2", 260.0)


def test_several_goals_make_several_directions_and_a_target_a_distance(
    made: Callable[..., Any], dataset_of: Callable[..., Any], line: ParameterSpace
) -> None:
    goal = Goal(
        (
            Objective(response="y", sense="maximise"),
            Objective(response="w", sense="target", target=10.0),
        )
    )
    problem = Problem(space=line, responses={n: Response(name=n) for n in "yw"}, goal=goal)
    data = dataset_of(line, [made({"x": 2}, y=3, w=[6, 7]), made({"x": 3}, y=3)])
    distributions = exported_distributions(line, (e.executed for e in data.experiments))
    whole, half = (exported_trial(problem, e, distributions) for e in data.experiments)
    assert whole.values == [3.0, 3.5]
    assert half.state is TrialState.PRUNED and half.user_attrs["no goal value"] == "w is not known"


def test_a_number_limit_is_how_far_the_mean_lies_beyond(
    glass_keys: dict[str, Any],
) -> None:
    campaign = Campaign.create(
        **{**glass_keys, "limits": {"area": {"at_least": 40}, "strength": {"at_most": 300}}}
    )
    import pandas as pd

    (name,) = campaign.add(
        pd.DataFrame(
            [{"route": "dry", "temperature": 150, "milling": "none", "area": "30; 32", "strength": 310}]
        )
    )
    trial = by_id(campaign.to_study())[name]
    assert list(trial.constraints.values()) == [9.0, 10.0]
    assert (trial.user_attrs["limit area"], trial.user_attrs["limit strength"]) == ("broken", "broken")


def test_a_limit_of_which_nothing_is_known_is_neither_kept_nor_broken(campaign: Campaign) -> None:
    import pandas as pd

    (name,) = campaign.add(
        pd.DataFrame([{"route": "dry", "temperature": 150, "milling": "none", "area": 30}])
    )
    trial = by_id(campaign.to_study())[name]
    assert "limit pure" not in trial.user_attrs
    # Samplers of Optuna want as many constraints of every trial.
    assert list(trial.constraints.values()) == [0.0]


@settings(max_examples=60)
@given(data=st.data())
def test_no_value_is_moved(data: st.DataObject) -> None:
    step = data.draw(st.sampled_from([None, 0.1, 0.5, 1.0, 10.0]))
    low = data.draw(st.sampled_from([0.0, 0.5, 1.0, 600.0]))
    scale = "log" if low > 0 and data.draw(st.booleans()) else "linear"
    parameter = NumericParameter(name="x", low=low, high=low + 37.5, step=step, scale=scale)
    numbers = st.one_of(st.floats(-1e3, 1e3), st.integers(-100, 100).map(lambda i: low + i * (step or 0.3)))
    values = data.draw(st.lists(numbers, max_size=4))
    conditions = [{"x": float(value)} for value in values]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distributions = exported_distributions(ParameterSpace((parameter,)), conditions)
    study = optuna.create_study()
    problem = Problem(
        space=ParameterSpace((parameter,)),
        responses={"y": Response(name="y")},
        goal=Goal.single("y", "maximise"),
    )
    from ovenbird.datasets import Experiment, Status

    for number, row in enumerate(conditions):
        experiment = Experiment(id=str(number), status=Status.RUNNING, planned=row, executed=row)
        # Optuna refuses what lies outside of a distribution, or does not fit that of earlier trials.
        study.add_trial(exported_trial(problem, experiment, distributions))
    assert [trial.params["x"] for trial in study.trials] == [row["x"] for row in conditions]


def test_a_grid_stays_a_grid_where_values_are_on_it() -> None:
    space = ParameterSpace((NumericParameter(name="t", low=600, high=905, step=10),))
    on_it, off_it = (
        exported_distributions(space, [{"t": 950.0}]),
        exported_distributions(space, [{"t": 655.0}]),
    )
    assert on_it["t"] == optuna.distributions.IntDistribution(600, 950, step=10)
    assert off_it["t"] == optuna.distributions.FloatDistribution(600, 905)


class TestAgain:
    """Exporting into a file that holds the study already."""

    def test_a_limit_that_breaks_while_a_trial_is_open(self, campaign: Campaign, url: str) -> None:
        import pandas as pd

        row = {"route": "dry", "temperature": 130, "milling": "none", "status": "planned"}
        (name,) = campaign.add(pd.DataFrame([row]))
        campaign.to_study(url)
        campaign.log(name, pure=False)
        again = export_study(campaign, url)
        assert (again.changed, again.is_rewritten) == (1, False)
        trial = by_id(again.study)[name]
        assert trial.state is TrialState.PRUNED and list(trial.constraints.values()) == [1.0]
        assert trial.user_attrs["limit pure"] == "broken"

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'study.db'}"

    def test_nothing_new_changes_nothing(self, campaign: Campaign, url: str) -> None:
        before = campaign.to_study(url).trials
        again = export_study(campaign, url)
        assert (again.added, again.changed, again.is_new, again.is_rewritten) == (0, 0, False, False)
        assert again.study.trials == before

    def test_new_results_join_without_doubles(self, campaign: Campaign, url: str) -> None:
        import pandas as pd

        row = {"route": "dry", "temperature": 130, "milling": "none", "status": "planned"}
        one, two = campaign.add(pd.DataFrame([row, row | {"temperature": 140}]))
        before = by_id(campaign.to_study(url))
        campaign.log(one, pure=True)
        campaign.log(one, strength=[300, 310], area="~12")
        campaign.fail(two, reason="process")
        (three,) = campaign.add(pd.DataFrame([row | {"temperature": 160}]))
        again = export_study(campaign, url)
        assert (again.added, again.changed, again.is_rewritten) == (1, 2, False)
        after = by_id(again.study)
        assert after[one].number == before[one].number
        assert (after[one].state, after[one].values) == (TrialState.COMPLETE, [305.0])
        assert list(after[one].constraints.values()) == [0.0]
        assert after[one].user_attrs["area [m2/g] as written"] == "~12"
        assert (after[two].state, after[two].user_attrs["failure"]) == (TrialState.FAIL, "process")
        assert after[three].state is TrialState.WAITING
        # What was brought up to date equals what would have been written at once.
        at_once = by_id(campaign.to_study())
        for name, trial in at_once.items():
            for part in ("state", "values", "params", "distributions", "user_attrs", "constraints"):
                assert getattr(after[name], part) == getattr(trial, part), (name, part)

    def test_a_correction_rewrites_the_study(self, campaign: Campaign, url: str) -> None:
        campaign.to_study(url)
        campaign.amend("G-1", strength=199, reason="typing error")
        again = export_study(campaign, url)
        assert again.is_rewritten
        assert by_id(again.study)["G-1"].values == [199.0]
        assert optuna.study.get_all_study_names(url) == ["glass"]

    def test_a_correction_deletes_no_foreign_trial(self, campaign: Campaign, url: str) -> None:
        campaign.to_study(url).add_trial(create_trial(value=1.0))
        assert not export_study(campaign, url).is_rewritten
        campaign.amend("G-1", strength=199, reason="typing error")
        with pytest.raises(InputError, match="trial 7 did not come from the campaign"):
            campaign.to_study(url)
        assert len(optuna.load_study(study_name="glass", storage=url).trials) == 8

    def test_a_foreign_study_is_left_alone(self, campaign: Campaign, url: str) -> None:
        theirs = optuna.create_study(storage=url, study_name="glass")
        with pytest.raises(InputError, match="'glass' that Ovenbird did not write; choose another file"):
            campaign.to_study(url)
        assert theirs.trials == [] and theirs.user_attrs == {}
        assert len(campaign.to_study(url, study_name="mine").trials) == 7

    def test_a_study_of_another_campaign_is_left_alone(self, campaign: Campaign, url: str) -> None:
        campaign.to_study(url)
        other = Campaign(replace(campaign.definition, name="other"))
        with pytest.raises(InputError, match="of campaign 'glass'"):
            other.to_study(url, study_name="glass")


class TestCommand:
    """`ovenbird export`."""

    def test_writes_and_brings_up_to_date(
        self, campaign: Campaign, glass: Path, tmp_path: Path, ovenbird: Callable[..., Any]
    ) -> None:
        file = tmp_path / "study.db"
        first = ovenbird("export", glass, "--optuna", file)
        assert first.code == 0 and first.out.startswith(f"Wrote study 'glass' with 7 trials into {file}.")
        again = ovenbird("export", glass, "--optuna", file)
        assert again.out.startswith(f"Study 'glass' in {file} is up to date with 7 trials.")
        campaign.amend("G-1", strength=199, reason="typing error")
        rewritten = ovenbird("export", glass, "--optuna", file)
        assert "anew, since something exported before was changed" in rewritten.out
        assert len(optuna.load_study(study_name="glass", storage=f"sqlite:///{file}").trials) == 7

    @pytest.mark.parametrize("case", ["text", "other database", "own dataset", "folder", "no folder"])
    def test_refuses_files_that_are_not_for_studies(
        self,
        case: str,
        campaign: Campaign,
        glass: Path,
        tmp_path: Path,
        ovenbird: Callable[..., Any],
        contents: Callable[[], dict[str, bytes | None]],
    ) -> None:
        assert campaign.name == "glass"
        file = tmp_path / "there.db"
        said = {
            "text": "is no SQLite file",
            "other database": "a database of something else",
            "own dataset": "where the campaign keeps its results",
            "folder": "is a folder",
            "no folder": "does not exist",
        }[case]
        if case == "text":
            file.write_text("notes of a very long Tuesday in the laboratory, which go on", encoding="utf-8")
        elif case == "other database":
            connection = sqlite3.connect(file)
            connection.execute("CREATE TABLE stock (name TEXT)")
            connection.close()
        elif case == "own dataset":
            file = tmp_path / "glass.db"
        elif case == "folder":
            file.mkdir()
        else:
            file = tmp_path / "nowhere" / "study.db"
        before = contents()
        outcome = ovenbird("export", glass, "--optuna", file)
        assert outcome.code == 2 and len(outcome.sentences) == 1
        assert said in outcome.err
        assert contents() == before


def test_the_plots_of_optuna_run_on_it(campaign: Campaign) -> None:
    import pandas as pd

    speeds = [{"route": "dry", "milling": "planetary", "milling_speed": 200 + 50 * i} for i in range(5)]
    frame = pd.DataFrame(speeds).assign(temperature=[100, 140, 120, 180, 170], pure="yes")
    campaign.add(frame.assign(strength=[210, 244, 231, 255, 262]))
    study = campaign.to_study()
    mpl.use("agg")
    from matplotlib import pyplot as plt

    plots = optuna.visualization.matplotlib
    shared = ["route", "temperature", "milling"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        history = plots.plot_optimization_history(study)
        plots.plot_slice(study)
        plots.plot_parallel_coordinate(study, params=shared)
        plots.plot_contour(study, params=["temperature", "milling_speed"])
        plots.plot_param_importances(study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
    drawn: Any = history.collections[0].get_offsets()
    assert sorted(float(y) for _, y in drawn) == sorted(
        t.value for t in study.trials if t.state is TrialState.COMPLETE and t.value is not None
    )
    plt.close("all")
