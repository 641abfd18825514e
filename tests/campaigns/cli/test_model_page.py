"""`show --model`: the page says what the diagnostics found, and the pictures are written."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.cli.model_page import Shown, print_model
from ovenbird.campaigns.cli.model_words import consists_of, outliers_in_words
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.diagnostics import leave_one_out, summarise
from ovenbird.models.encoding import codes_of_conditions
from ovenbird.models.fitted_latent_surrogate import FittedLatentSurrogate
from ovenbird.models.importance import importance
from ovenbird.models.influence import carried_by
from ovenbird.models.outliers import Outlier
from ovenbird.models.stacking import FittedStack, Weighed
from ovenbird.models.threads import one_thread
from ovenbird.planner.wording import percent, rounded

Command = Callable[..., Any]

MORE = """\
P-5,dry,180,planetary,300,yes,25,240,10.1/glass
P-6,wet,150,none,,yes,~22,205,10.1/glass
P-7,dry,120,planetary,500,no,,235,10.1/glass
"""


@pytest.fixture(autouse=True)
def here(glass: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the folder of the campaign, which knows a few experiments more."""
    literature = glass.parent / "literature.csv"
    literature.write_text(literature.read_text() + MORE)
    monkeypatch.chdir(glass.parent)


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    return Campaign.open(glass)


def cells(page: str, first: str) -> list[list[str]]:
    """Rows of tables that begin with a word."""
    rows = [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in page.splitlines()]
    return [row for row in rows if row and row[0] == first]


def page_of(campaign: Campaign, beliefs: Beliefs, *names: str) -> str:
    out = io.StringIO()
    with one_thread():
        shown = Shown(campaign.definition, beliefs, leave_one_out(beliefs), None)
        print_model(Console(file=out, width=100), shown, names)
    return out.getvalue()


def test_the_page_holds_the_numbers_of_the_diagnostics(ovenbird: Command, campaign: Campaign) -> None:
    page = ovenbird("show", "glass.yaml", "--model", "strength", "pure")
    assert page.code == 0 and page.err == ""
    with one_thread():
        beliefs = campaign.beliefs()
        left_out = leave_one_out(beliefs)
        summaries, shares = summarise(left_out, beliefs), importance(beliefs, "strength")
    strength, pure = summaries["strength"], summaries["pure"]
    assert strength.coverage is not None and strength.mean_absolute_error is not None
    assert f"6 values, mean error {rounded(strength.mean_absolute_error)} MPa." in page.out
    (inside,) = cells(page.out, "holds so many values")
    assert inside[1:] == [f"{6 * s:.0f} of 6 ({percent(s)})" for s in strength.coverage.values()]
    assert pure.brier is not None and pure.brier_of_share is not None
    text = " ".join(page.out.split())
    assert f"Brier score {rounded(pure.brier)} (0 is best)" in text
    assert f"share of yes would score {rounded(pure.brier_of_share)}." in text
    numbers = {item.experiment: item for item in left_out if item.response == "strength"}
    for experiment, item in numbers.items():
        row = next(row for row in cells(page.out, experiment) if "to" in row[3])
        expected = [
            rounded(item.measured),
            rounded(item.median),
            f"{rounded(item.low)} to {rounded(item.high)}",
        ]
        assert row[1:4] == expected
        assert ("!" in row[-1]) == (not item.is_covered())
    name, share = next(iter(shares.items()))
    assert re.search(rf"^{name} +{re.escape(percent(share))} +█+", page.out, re.MULTILINE)
    assert max(map(len, page.out.splitlines())) <= 100


def test_the_page_says_what_is_learned_from_and_leaves_the_rest_alone(
    ovenbird: Command, contents: Callable[[], Any]
) -> None:
    before = contents()
    page = ovenbird("show", "glass.yaml", "--model", "area").out
    assert "Learned from 3 values, 1 bound." in page and "All from 10.1/glass." in page
    assert "A single measurement scatters by ±" in page
    assert "strength ───" not in page and contents() == before
    assert "What carries the forecast at the conditions of P-2" in page


def test_without_names_all_responses_are_shown(ovenbird: Command) -> None:
    page = ovenbird("show", "glass.yaml", "--model").out
    assert [name for name in ("pure", "area", "strength") if f"\n{name} ───" in page] == [
        "pure",
        "area",
        "strength",
    ]


def test_a_campaign_without_data_and_with_a_derived_response(ovenbird: Command) -> None:
    ovenbird("new", "ltvo", "--from", "ltvo")
    text = Path("ltvo.yaml").read_text().replace("learn_from: [bundled:ltvo]", "")
    Path("ltvo.yaml").write_text(text)
    page = ovenbird("show", "ltvo.yaml", "--model", "usable_capacity", "oxidised", "--pictures", "seen")
    assert page.code == 0
    assert "Derived: smallest of discharge_capacity and charge_capacity" in page.out
    assert "Nothing to hold forecasts against yet" in page.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "strenth"], ["unknown response 'strenth', allowed are pure, area or strength"]),
        (
            ["--model", "a", "b"],
            [
                "unknown response 'a', allowed are pure, area or strength",
                "unknown response 'b', allowed are pure, area or strength",
            ],
        ),
        (["P-1", "P-2"], ["one experiment is shown at a time, got P-1 and P-2; for responses add --model"]),
        (
            ["--pictures", "seen"],
            ["--pictures belongs to --model: ovenbird show CAMPAIGN --model [RESPONSE...] --pictures ..."],
        ),
        (["--model", "--pictures", "glass.yaml"], ["cannot write into glass.yaml"]),
        (["strength"], ["for the response add --model"]),
        (["--model", "--at", "P-99"], ["no experiment 'P-99'"]),
    ],
)
def test_wrong_words_get_one_sentence_each(ovenbird: Command, words: list[str], said: list[str]) -> None:
    answer = ovenbird("show", "glass.yaml", *words)
    assert answer.code == 2
    assert len(answer.sentences) == len(said)
    assert all(piece in sentence for piece, sentence in zip(said, answer.sentences, strict=True))


def test_what_carries_a_forecast_is_what_influence_finds(ovenbird: Command, campaign: Campaign) -> None:
    page = ovenbird("show", "glass.yaml", "--model", "strength", "--at", "p-3").out
    assert "What carries the forecast at the conditions of P-3" in page
    with one_thread():
        beliefs = campaign.beliefs()
        codes = codes_of_conditions(campaign.space, campaign.experiment("P-3").executed)
        most = carried_by(beliefs, "strength", codes[0])[0]
    now = rounded(most.without + most.shift)
    assert f"\nwithout {most.experiment}: {rounded(most.without)} instead of {now}" in page


def test_at_wants_conditions_that_are_all_known(ovenbird: Command, glass: Path) -> None:
    literature = glass.parent / "literature.csv"
    literature.write_text(literature.read_text() + "P-8,dry,,none,,yes,,,10.1/glass\n")
    answer = ovenbird("show", "glass.yaml", "--model", "area", "--at", "P-8")
    assert answer.code == 2
    assert answer.sentences == [
        "--at P-8: its temperature is not stated; name an experiment whose conditions are all known"
    ]


def test_pictures_are_written_and_named(ovenbird: Command, tmp_path: Path) -> None:
    page = ovenbird("show", "glass.yaml", "--model", "strength", "pure", "--pictures", tmp_path / "a" / "b")
    files = sorted((tmp_path / "a" / "b").iterdir())
    assert [file.name for file in files] == [
        "pure-importance.png",
        "pure-map.png",
        "pure-reliability.png",
        "strength-coverage.png",
        "strength-importance.png",
        "strength-map.png",
        "strength-parity.png",
    ]
    for file in files:
        assert file.name in page.out
        assert file.read_bytes().startswith(b"\x89PNG") and file.stat().st_size > 5000


def test_a_stack_is_told_in_plain_words(campaign: Campaign) -> None:
    beliefs = campaign.beliefs()
    one = beliefs.surrogate_of("strength").lead
    weighed = (
        Weighed("Gaussian process", 0.25, -4.5),
        Weighed("extra trees", 0.75, -4.25),
        Weighed("Gaussian process on the logarithm", 0.0, float("nan")),
    )
    stack = FittedStack((0.25, 0.75), (one, one), one, (), weighed)
    others = tuple(s for s in beliefs.surrogates if "strength" not in s.responses)
    stacked = replace(beliefs, surrogates=(*others, stack))
    response = campaign.definition.responses["strength"]
    sentence = "Extra trees 75 %, Gaussian process 25 %, by what each foretold of left-out experiments."
    assert consists_of(response, stacked) == sentence
    page = page_of(campaign, stacked, "strength")
    assert sentence in " ".join(page.split())
    assert cells(page, "extra trees") == [["extra trees", "75 %", "-4.25"]]
    assert cells(page, "Gaussian process on the logarithm")[0][1:] == ["0 %", "-"]


def test_values_that_are_not_obeyed_and_contradicted_expectations_are_told(campaign: Campaign) -> None:
    beliefs = campaign.beliefs()
    lead = beliefs.surrogate_of("strength").lead
    assert isinstance(lead, FittedLatentSurrogate)
    contradiction = (
        "The data contradict that strength rises with temperature (odds 9 to 1): it is not assumed."
    )
    changed = replace(
        lead,
        outliers=(Outlier("P-2", "strength", 910.0, 240.4, 12.34),),
        contradictions=(contradiction,),
    )
    others = tuple(s for s in beliefs.surrogates if "strength" not in s.responses)
    told = replace(beliefs, surrogates=(*others, changed))
    sentence = "P-2: strength 910 measured, 240 ± 12 MPa expected: not obeyed; correct it if it was mistyped."
    assert outliers_in_words(told, ["strength"]) == [sentence]
    assert outliers_in_words(told, ["pure"]) == []
    page = " ".join(page_of(campaign, told, "strength").split())
    assert sentence in page and contradiction in page
    assert contradiction not in page_of(campaign, told, "pure")
