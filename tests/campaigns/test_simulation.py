import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.simulation import SimulationResult, simulate
from ovenbird.campaigns.simulation.one_run import Run, RunKey
from ovenbird.campaigns.simulation.posterior_lab import PosteriorLabs
from ovenbird.datasets import InputError, NotFound
from ovenbird.models.encoding import codes_of_frame

QUICK = ("random", "space_filling", "tpe", "one_factor")
# A laboratory whose best is 400 MPa at 150 degC, dry and milled as fast as it goes; lab 1 runs hotter.
LAB = """\
import numpy as np
import pandas as pd

def truth(frame, lab):
    temperature = frame["temperature"].to_numpy(float) + 10 * lab
    speed = frame["milling_speed"].fillna(0).to_numpy(float)
    return pd.DataFrame({
        "pure": 1 / (1 + np.exp(-(temperature - 130) / 5)),
        "area": 5 + speed / 20,
        "strength": 280 - np.abs(temperature - 150) + speed / 5,
    })
"""


def truth(frame: pd.DataFrame, lab: int) -> pd.DataFrame:
    scope: dict[str, Any] = {}
    exec(LAB, scope)
    return scope["truth"](frame, lab)


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    return Campaign.open(glass, dataset="sqlite://")


@pytest.fixture
def lab_file(tmp_path: Path) -> str:
    file = tmp_path / "lab.py"
    file.write_text(LAB, encoding="utf-8")
    return f"{file}:truth"


def outcomes(result: SimulationResult) -> dict[RunKey, Run]:
    """Runs without the time that they took."""
    return {key: replace(run, seconds=0.0) for key, run in result.runs.items()}


def test_runs_are_the_same_in_any_process_and_keep_the_rules(campaign: Campaign, lab_file: str) -> None:
    settings: dict[str, Any] = {"labs": 2, "budget": 5, "batch": 2, "strategies": QUICK}
    here = campaign.simulate(lab_file, **settings, jobs=1)
    elsewhere = campaign.simulate(lab_file, **settings, jobs=2)
    assert outcomes(here) == outcomes(elsewhere)
    assert set(here.runs) == {RunKey(lab, 0, name) for lab in (0, 1) for name in QUICK}
    for run in here.runs.values():
        assert len(run.conditions) == len(run.regret) == 5
        assert all(run.chosen)
        for made in run.conditions:
            assert (made["route"], made["milling"]) != ("wet", "planetary")
            assert (made["milling_speed"] is None) == (made["milling"] == "none")
    assert here.runs[RunKey(0, 0, "random")].conditions != here.runs[RunKey(1, 0, "random")].conditions
    assert campaign.own_dataset().experiments == ()


def test_regret_and_feasibility_are_those_of_the_function(campaign: Campaign) -> None:
    result = simulate(campaign, truth, labs=1, budget=6, strategies="random", start="none", jobs=1)
    run = result.runs[RunKey(0, 0, "random")]
    assert run.best == 400
    frame = pd.DataFrame(list(run.conditions)).astype({"temperature": float, "milling_speed": float})
    said = truth(frame, 0)
    feasible = (said["pure"] >= 0.7).tolist()
    assert list(run.feasible) == feasible
    # The worst that keeps the limit: unmilled at 200 degC.
    best_so_far = np.maximum.accumulate(np.where(feasible, said["strength"], 230.0))
    assert run.regret == pytest.approx(400 - best_so_far)


def test_a_random_start_is_shared_and_counts(campaign: Campaign) -> None:
    result = simulate(campaign, truth, labs=1, budget=4, start="random:3", strategies=QUICK[1:], jobs=1)
    starts = {run.conditions[:3] for run in map(_frozen, result.runs.values())}
    assert len(starts) == 1
    assert all(run.chosen == (False, False, False, True) for run in result.runs.values())
    assert result.n_random == 3


def _frozen(run: Run) -> Run:
    return replace(run, conditions=tuple(tuple(made.items()) for made in run.conditions))


@pytest.mark.slow
def test_ovenbird_goes_through_the_public_interface(campaign: Campaign) -> None:
    result = simulate(campaign, truth, labs=1, budget=2, strategies=["ovenbird"], jobs=1)
    made = result.runs[RunKey(0, 0, "ovenbird")].conditions
    by_hand = Campaign(campaign.definition, dataset="sqlite://")
    seeds = np.random.default_rng(_seed_of_ovenbird())
    first = by_hand.suggest(1, seed=int(seeds.integers(2**31)))
    assert dict(first[0].parameters) == dict(made[0])
    assert len(made) == 2


def _seed_of_ovenbird() -> int:
    from ovenbird.campaigns.simulation.one_run import _seed

    return _seed(RunKey(0, 0, "ovenbird"))


def test_one_factor_varies_one_parameter_around_the_best(campaign: Campaign) -> None:
    result = simulate(campaign, truth, labs=1, budget=6, strategies="one_factor", jobs=1)
    made = result.runs[RunKey(0, 0, "one_factor")].conditions
    # The best of the literature that broke no limit, then whatever has been made.
    known = [{"route": "dry", "temperature": 150, "milling": "planetary", "milling_speed": 400}]
    for new in made:
        changes = [{name for name in new if new[name] != old[name]} - {"milling_speed"} for old in (*known,)]
        assert any(len(changed) <= 1 for changed in changes)
        known.append(dict(new))
    assert len({tuple(m.items()) for m in made}) == len(made)


def test_an_interrupted_simulation_resumes_where_it_was(
    campaign: Campaign, lab_file: str, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"labs": 2, "budget": 3, "strategies": ("random", "one_factor"), "jobs": 1}
    whole = campaign.simulate(lab_file, **settings, out=tmp_path / "whole")
    assert {"runs.jsonl", "settings.json", "summary.csv", "regret.png"} == {
        file.name for file in (tmp_path / "whole").iterdir()
    }
    lines = (tmp_path / "whole" / "runs.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 4
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "settings.json").write_bytes((tmp_path / "whole" / "settings.json").read_bytes())
    marked = json.loads(lines[0]) | {"seconds": 12345.0}
    begun = json.dumps(marked).encode() + b"\n" + lines[1][: len(lines[1]) // 2]
    (cut / "runs.jsonl").write_bytes(begun)
    resumed = campaign.simulate(lab_file, **settings, out=cut)
    assert outcomes(resumed) == outcomes(whole)
    # What was finished is not done again, and the torn line is gone.
    assert [run.seconds for run in resumed.runs.values()].count(12345.0) == 1
    kept = (cut / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(kept) == 4 and all(json.loads(line)["regret"] for line in kept)
    more = campaign.simulate(lab_file, **(settings | {"labs": 3}), out=cut)
    assert len(more.runs) == 6
    assert {k: v for k, v in outcomes(more).items() if k.lab < 2} == outcomes(whole)


def test_other_settings_are_refused(campaign: Campaign, lab_file: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "labs": 1,
        "budget": 2,
        "strategies": "random",
        "jobs": 1,
        "out": tmp_path / "o",
    }
    campaign.simulate(lab_file, **settings)
    before = (tmp_path / "o" / "runs.jsonl").read_bytes()
    with pytest.raises(InputError, match=r"other settings \(budget 2 instead of 3\); name another folder"):
        campaign.simulate(lab_file, **(settings | {"budget": 3}))
    with pytest.raises(InputError, match=r"other settings .*lab"):
        campaign.simulate(truth, **settings)
    with pytest.raises(InputError, match="start literature instead of none"):
        campaign.simulate(lab_file, **(settings | {"start": "none"}))
    assert (tmp_path / "o" / "runs.jsonl").read_bytes() == before


@pytest.mark.parametrize("content", ["[]", "3", "null", '"budget"', "{"])
def test_a_folder_whose_settings_are_none_is_refused(
    campaign: Campaign, tmp_path: Path, content: str
) -> None:
    (tmp_path / "settings.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="is no settings of a simulation; name another folder"):
        simulate(campaign, truth, labs=1, budget=1, strategies="random", jobs=1, out=tmp_path)
    assert (tmp_path / "settings.json").read_text(encoding="utf-8") == content


@pytest.mark.parametrize("start", ["literature", "none"])
def test_the_budget_of_the_file_counts_for_nothing(
    glass_keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    campaign = Campaign.create(**glass_keys, budget={"experiments": 1})
    seen: list[object] = []

    def first_ones(self: Campaign, n: int = 4, **_: object) -> list[Proposal]:
        seen.append(self.budget)
        made = len(self.own_dataset().experiments)
        parameters = {"route": "dry", "milling": "none", "milling_speed": None}
        return [Proposal(parameters | {"temperature": 100.0 + 10 * (made + i)}) for i in range(n)]

    monkeypatch.setattr(Campaign, "suggest", first_ones)
    result = simulate(campaign, truth, labs=1, budget=3, strategies="ovenbird", start=start, jobs=1)
    assert len(result.runs[RunKey(0, 0, "ovenbird")].conditions) == 3
    assert seen == [None] * 3
    assert campaign.budget is not None


@dataclass(frozen=True)
class Proposal:
    """As much of a suggestion as a replay asks for."""

    parameters: dict[str, Any]


def _nothing_pure(*labs: int) -> Callable[[pd.DataFrame, int], pd.DataFrame]:
    return lambda frame, lab: truth(frame, lab).assign(**({"pure": 0.1} if lab in labs else {}))


def test_labs_with_nothing_feasible_are_left_out_and_named(campaign: Campaign, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"budget": 2, "strategies": ("random", "one_factor"), "jobs": 1}
    said: list[tuple[str, int, int]] = []
    result = simulate(
        campaign,
        _nothing_pure(1, 3),
        labs=4,
        out=tmp_path / "out",
        progress=lambda *words: said.append(words),
        **settings,
    )
    assert {key.lab for key in result.runs} == {0, 2}
    assert result.title.endswith(
        "of 2 virtual campaigns (without 2 virtual labs, 1 and 3: nothing there truly meets all limits)"
    )
    assert result.summary()["runs"].tolist() == [2, 2]
    assert said[-1] == ("runs", 4, 4)
    # Labs that can be played are played as if there were no others.
    whole = outcomes(simulate(campaign, truth, labs=4, **settings))
    assert outcomes(result) == {key: run for key, run in whole.items() if key.lab in (0, 2)}
    with pytest.raises(
        InputError, match=r"limits in virtual lab 0, so there is nothing .*; loosen the limits"
    ):
        simulate(campaign, _nothing_pure(0), labs=1, **settings)
    with pytest.raises(InputError, match="in 8 virtual labs, 0, 1, 2, 3, 4, 5 and more, so"):
        simulate(campaign, _nothing_pure(*range(8)), labs=8, **settings)


def test_a_measured_table_is_chosen_from_row_by_row(campaign: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(
        "route,temperature,milling,milling_speed,pure,area,strength\n"
        "dry,100,none,,no,5,300\ndry,150,none,,yes,5,250; 270\ndry,200,planetary,600,yes,40,350\n"
        "wet,150,none,,yes,20,180\ndry,170,planetary,200,yes,15,290\n",
        encoding="utf-8",
    )
    result = campaign.simulate(str(file), labs=1, budget=9, strategies=QUICK, start="none", jobs=1)
    strengths: dict[tuple[object, ...], int] = {
        (100, "dry"): 300,
        (150, "dry"): 260,
        (200, "dry"): 350,
        (150, "wet"): 180,
        (170, "dry"): 290,
    }
    for run in result.runs.values():
        rows = [(made["temperature"], made["route"]) for made in run.conditions]
        assert sorted(rows) == sorted(strengths)
        # The first row is impure, so its 300 MPa count for nothing.
        worth = [180 if row == (100, "dry") else strengths[row] for row in rows]
        assert run.best == 350
        assert run.regret == pytest.approx(350 - np.maximum.accumulate(worth))
    assert result.regrets("random").shape == (1, 9)
    assert result.summary()["regret_median"].tolist() == [0.0] * 4
    assert sum(result.wins().values()) == pytest.approx(1)


def test_a_posterior_lab_is_a_sample_of_what_is_believed(campaign: Campaign) -> None:
    source = PosteriorLabs(campaign.definition, campaign.dataset())
    frame = pd.DataFrame(
        {
            "route": ["dry", "wet", "dry"],
            "temperature": [110.0, 150.0, 190.0],
            "milling": ["planetary", "none", "none"],
            "milling_speed": [300.0, np.nan, np.nan],
        }
    )
    labs = [source.draw(number) for number in range(200)]
    truths = [lab.truth(frame) for lab in labs]
    pd.testing.assert_frame_equal(truths[7], source.draw(7).truth(frame))
    # One function: what is true of a row does not depend on what else is asked.
    pd.testing.assert_frame_equal(truths[7][1:], labs[7].truth(frame[1:]))
    beliefs, codes = campaign.beliefs(), codes_of_frame(campaign.space, frame)
    pure = np.mean([t["pure"] for t in truths], axis=0)
    assert pure == pytest.approx(beliefs.probability_of_yes("pure", codes).numpy(), abs=0.1)
    for name in ("area", "strength"):
        drawn = np.array([t[name] for t in truths])
        predictive = beliefs.predictive(name, codes, measured=False)
        for share in (0.25, 0.5, 0.75):
            below = (drawn <= predictive.quantile(share).numpy()).mean(axis=0)
            assert below == pytest.approx(share, abs=0.12)


def _run(lab: int, strategy: str, *regret: float, feasible: bool = True) -> tuple[RunKey, Run]:
    key = RunKey(lab, 0, strategy)
    n = len(regret)
    return key, Run(
        key=key, best=1.0, conditions=({},) * n, regret=regret, feasible=(False,) * (n - 1) + (feasible,),
        chosen=(True,) * n, seconds=2.0,
    )  # fmt: skip


def test_the_summary_is_medians_quartiles_shares_and_wins() -> None:
    runs = dict(
        [
            _run(0, "random", 9.0, 4.0),
            _run(1, "random", 7.0, 1.0),
            _run(2, "random", 5.0, 2.0, feasible=False),
            _run(0, "tpe", 8.0, 3.0),
            _run(1, "tpe", 8.0, 1.0),
            _run(2, "tpe", 8.0),
        ]
    )
    result = SimulationResult(
        runs=runs, strategies=("random", "tpe"), budget=2, n_random=0, goal="strength", unit="MPa", title="t"
    )
    table = result.summary([1, 2]).set_index(["strategy", "experiments"])
    assert table["regret_median"].tolist() == [7.0, 2.0, 8.0, 3.0]
    assert table["regret_lower_quartile"].tolist()[1] == 1.5
    assert table["regret_upper_quartile"].tolist()[1] == 3.0
    assert table["feasible_share"].tolist() == pytest.approx([2 / 6, 2 / 6, 3 / 5, 3 / 5])
    # Lab 0 goes to tpe, lab 1 to both, lab 2 to random.
    assert result.wins() == {"random": 1.5, "tpe": 1.5}
    lines = result.figure().axes[0].get_lines()
    assert [np.asarray(line.get_ydata()).tolist() for line in lines] == [[7.0, 2.0], [8.0, 3.0]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"strategies": "ovenbird,randm"}, "unknown strategy 'randm'; did you mean 'random'?"),
        ({"start": "random:0"}, "start is 'random:0', allowed are literature, none or random:5"),
        ({"start": "random:5", "budget": 3}, "start random:5 has more experiments than the budget of 3"),
        ({"budget": 0}, "budget must be at least 1, got 0"),
        ({"jobs": 0}, "jobs must be at least 1, got 0"),
        ({"lab": "ltov"}, "unknown lab 'ltov', allowed are ltvo and posterior"),
        ({"lab": "ltvo"}, "needs the parameter calcination_temperature, hold_time and milling_time"),
        (
            {"lab": lambda frame: frame},
            "lab function <lambda>: the column pure, area and strength is missing",
        ),
        ({"lab": lambda frame: 1 / 0}, "lab function <lambda>: ZeroDivisionError"),
    ],
)
def test_what_is_not_in_order_is_said(campaign: Campaign, changes: dict[str, Any], sentence: str) -> None:
    settings = {"lab": truth, "labs": 1, "budget": 2, "strategies": "random", "jobs": 1} | changes
    with pytest.raises(InputError) as raised:
        simulate(campaign, settings.pop("lab"), **settings)
    assert sentence in str(raised.value)


def test_files_that_are_not_there_are_said(campaign: Campaign, tmp_path: Path) -> None:
    for lab in ("none.lab.yaml", "none.csv", "none.py:truth"):
        with pytest.raises(NotFound):
            simulate(campaign, str(tmp_path / lab), labs=1, budget=1, strategies="random")
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.py: cannot be run \(ZeroDivisionError"):
        simulate(campaign, f"{broken}:truth", labs=1, budget=1, strategies="random")
    broken.write_text("x = 1", encoding="utf-8")
    with pytest.raises(InputError, match="there is no function 'truth' in it"):
        simulate(campaign, f"{broken}:truth", labs=1, budget=1, strategies="random")


def test_the_command_prints_a_table_and_leaves_files(
    ovenbird: Callable[..., Any], glass: Path, lab_file: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["simulate", glass, "--lab", lab_file, "--labs", 1, "--budget", 2, "--jobs", 1, "--out", out]
    done = ovenbird(*words, "--strategies", "random,one_factor")
    assert done.code == 0
    assert "one factor at a time" in done.out and "strength still missing [MPa]" in done.out
    table = pd.read_csv(out / "summary.csv")
    assert table["strategy"].tolist() == ["random"] * 2 + ["one_factor"] * 2
    assert (out / "regret.png").read_bytes().startswith(b"\x89PNG")
    refused = ovenbird(*words, "--strategies", "random", "--start", "none")
    assert refused.code == 2
    assert len(refused.sentences) == 1 and "other settings" in refused.sentences[0]
