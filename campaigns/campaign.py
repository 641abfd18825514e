"""A campaign under way: the one thing with a history. What it knows, what it believes, what to do next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..datasets import OWN_LAB, Dataset, Status
from ..datasets.store import NewExperiment
from ..planner.suggestion import Suggestion, Suggestions
from .budget import Budget
from .campaign_records import CampaignRecords
from .conditions_table import checked_suggestions, read_conditions
from .definition import Definition, definition_from, read_definition
from .new_file import write_new
from .typed_arguments import file_path, whole_number

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from optuna import Study
    from optuna.storages import BaseStorage

    from ..models.beliefs import Beliefs
    from ..models.listing import Listing
    from ..planner.lab import Outage
    from ..planner.stopping import Stopping
    from ..planner.week_plan import WeekPlan
    from .report.week_summary import WeekSummary
    from .simulation import SimulationResult

_SEEDS = 2**32  # as many as NumPy takes; larger ones begin again from 0


class Campaign(CampaignRecords):
    """A study from its file to its suggestions.

    Parameters
    ----------
    definition
        What the campaign file says.
    dataset
        URL of the dataset that results go to; None: the one of the definition.

    Examples
    --------
    >>> campaign = Campaign.create(
    ...     name="alloy",
    ...     parameters={"anneal": {"unit": "degC", "from": 200, "to": 500, "step": 25}},
    ...     responses={"hardness": {"unit": "GPa"}},
    ...     goal={"maximise": "hardness"},
    ... )
    >>> first = campaign.accept(campaign.suggest(2, seed=1))
    >>> campaign.log(first[0].id, hardness=[7.1, 7.3])
    >>> campaign.experiment(first[0].id).status.value
    'measured'
    """

    def __init__(self, definition: Definition, dataset: str | None = None) -> None:
        super().__init__(definition, dataset)
        self._beliefs: tuple[tuple[str, bytes], Beliefs] | None = None

    def __repr__(self) -> str:
        goal = ", ".join(f"{o.sense} {o.response}" for o in self.definition.goal.objectives)
        return f"<Campaign {self.name}: {goal}>"

    def _repr_html_(self) -> str:
        from .campaign_html import campaign_html

        return campaign_html(self)

    @classmethod
    def open(cls, path: str | Path, dataset: str | None = None) -> "Campaign":
        """Open a campaign file; `dataset` overrides where results go. Nothing is written.

        Raises
        ------
        NotFound, InputError
            If the file is not there or not in order.
        """
        return cls(read_definition(file_path(path)), dataset)

    @classmethod
    def create(
        cls, *, path: str | Path | None = None, dataset: str | None = None, **keys: object
    ) -> "Campaign":
        """Define a campaign in Python with the keys of the campaign file.

        Parameters
        ----------
        path
            Where to write the campaign file; None: the campaign lives in memory.
        dataset
            Where results go; None: beside the file, or in memory.
        **keys
            ``name``, ``parameters``, ``responses``, ``goal``, ``limits``... as in the file.

        Raises
        ------
        InputError
            With one sentence for every fault.
        """
        definition = definition_from(keys)
        if path is not None:
            file = file_path(path)
            write_new(file, definition.text)
            definition = read_definition(file)
        return cls(definition, dataset)

    def beliefs(self, dataset: Dataset | None = None, listing: "Listing | None" = None) -> "Beliefs":
        """Surrogates fitted to everything known; fitted again only when that has changed.

        Parameters
        ----------
        dataset
            What is known; None: everything the campaign knows.
        listing
            The conditions from which to choose, if they were listed.
        """
        from ..models.beliefs import learn
        from ..models.threads import one_thread

        data = self.dataset() if dataset is None else dataset
        key = (data.fingerprint, b"" if listing is None else listing.key)
        if self._beliefs is None or self._beliefs[0] != key:
            with one_thread():
                fitted = learn(
                    data, self.space, self.definition.responses, self.definition.features, listing=listing
                )
            self._beliefs = (key, fitted)
        return self._beliefs[1]

    def suggest(self, n: int = 4, *, seed: int = 0, candidates: "pd.DataFrame | None" = None) -> Suggestions:
        """Propose up to n experiments; nothing is written until they are accepted.

        Parameters
        ----------
        n
            How many.
        seed
            Same data, file and seed give the same suggestions.
        candidates
            Conditions to choose from, one row each, instead of the whole space.

        Raises
        ------
        InputError
            If n is below 1, candidates are faulty, or the rules leave nothing.
        """
        from ..models.encoding import codes_of_all
        from ..models.listing import Listing
        from ..models.threads import one_thread
        from ..planner.suggest import suggest

        n = whole_number(n, "n", least=1)
        seed = whole_number(seed, "seed", least=0) % _SEEDS
        table = None if candidates is None else read_conditions(candidates, self.space, "candidates")
        codes = None if table is None else codes_of_all(self.space, table.conditions)
        data, budget = self.dataset(), self.budget
        left = None if budget is None else budget.left
        listing = None if codes is None else Listing.of(self.space, codes, data)
        beliefs = self.beliefs(data, listing)
        with one_thread():
            suggestions, rows = suggest(self.problem, data, beliefs, n, seed, codes, left)
        spent = () if budget is None else (budget.message(n, len(suggestions)),)
        messages = (*spent, *suggestions.messages, *self.dataset_messages)
        if table is None:
            return replace(suggestions, messages=messages)
        items = tuple(
            replace(item, candidate=table.labels[row])
            for item, row in zip(suggestions, rows, strict=True)
            if row is not None
        )
        return replace(suggestions, items=items, messages=messages)

    @property
    def budget(self) -> Budget | None:
        """How many experiments may still be made; None if the campaign file does not say."""
        total = self.definition.budget
        return None if total is None else Budget.after(total, self.own_dataset())

    def stopping(self, *, seed: int = 0) -> "Stopping | None":
        """How much there is left to gain, and whether to stop; None while nothing made keeps all limits.

        The same as `suggest(1).stopping`.
        """
        return self.suggest(1, seed=seed).stopping

    def forecast(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Forecast every response at conditions of the user's own.

        Parameters
        ----------
        frame
            Conditions, one row each.

        Returns
        -------
        DataFrame
            With the index of `frame`; columns ``<response>.median``, ``.low``, ``.high`` (90 % interval of
            a measurement) or ``<response>.probability``, ``limit.<response>``, and ``cost.<name>`` where the
            lab has steps.

        Raises
        ------
        InputError
            If conditions are faulty.
        """
        from .forecasting import forecast_table

        return forecast_table(self, self.beliefs, frame)

    def accept(self, suggestions: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
        """Turn suggestions into planned experiments; their forecasts are kept with them.

        Returns
        -------
        tuple of Suggestion
            The same, with ids.

        Raises
        ------
        InputError
            With one sentence for everything that is no suggestion or does not fit the parameters; nothing
            is written then.
        """
        accepted = checked_suggestions(suggestions, self.space)
        new = [
            NewExperiment(
                status=Status.PLANNED,
                planned=s.parameters,
                executed=s.parameters,
                source=OWN_LAB,
                forecast={
                    key: value for key, value in s.as_json().items() if key not in ("id", "parameters")
                },
            )
            for s in accepted
        ]
        ids = self.store.add(new, prefix=self.definition.id_prefix, action="accept")
        return tuple(replace(s, id=i) for s, i in zip(accepted, ids, strict=True))

    def plan(
        self,
        week: str | None = None,
        *,
        weeks: int = 1,
        n: int | None = None,
        seed: int = 0,
        now: "datetime | None" = None,
        down: "Mapping[str, Sequence[Outage]] | None" = None,
        up: Iterable[str] = (),
        keep: Iterable[str] = (),
    ) -> "WeekPlan":
        """Choose the samples of a week and put them on machines and hours; nothing is written until adopted.

        Called again during the week it starts from what has happened: results that were logged, gates that
        failed, machines that broke down.

        Parameters
        ----------
        week
            ISO week (``2026-W48``); None: this week, from Friday on the next.
        weeks
            How many weeks to plan at once.
        n
            New samples at most; None: as many as the lab section allows.
        seed
            Same data, file, progress and seed give the same plan.
        now
            By the lab's clock; None: now.
        down
            Machines that are down, by kind; later plans remember them.
        up
            Kinds of machine that work again.
        keep
            Ids of samples that go on whatever their remaining measurements are worth.

        Raises
        ------
        InputError
            If the campaign file has no lab with steps, the week is over, or an argument is wrong.
        """
        from .planning import plan_of

        return plan_of(
            self,
            self.beliefs,
            self.budget,
            week,
            weeks=weeks,
            n=n,
            seed=seed,
            now=now,
            down=down or {},
            up=up,
            keep=keep,
        )

    def adopt(self, plan: "WeekPlan") -> "WeekPlan":
        """Keep a plan: its new samples become planned experiments, and the next plan starts from it.

        Returns
        -------
        WeekPlan
            The same, with ids instead of ``NEW-1`` and so on.
        """
        from .planning import adopt

        return adopt(self, plan)

    def report(
        self,
        path: "str | Path | None" = None,
        *,
        week: str | None = None,
        seed: int = 0,
        now: "datetime | None" = None,
    ) -> "WeekSummary":
        """Summarise a week, and write it as ``.html``, ``.pdf`` or ``.md`` if a path is given.

        Raises
        ------
        InputError
            If the week is over, or the file cannot be written; for a PDF also if no browser is installed.
        """
        from .report import report_of

        return report_of(self, path, week=week, seed=seed, now=now)

    def to_study(self, storage: "str | BaseStorage | None" = None, study_name: str | None = None) -> "Study":
        """Everything known as an Optuna study, for optuna-dashboard and the plots of Optuna.

        Parameters
        ----------
        storage
            URL or storage of Optuna (``sqlite:///study.db``); None: in memory. A study that was written
            there before is brought up to date.
        study_name
            None: the name of the campaign.

        Raises
        ------
        InputError
            If the storage cannot be used, or holds a study of this name that is not this campaign's.
        """
        from .optuna_bridge import export_study

        return export_study(self, storage, study_name).study

    def simulate(self, lab: object = "posterior", **settings: Any) -> "SimulationResult":
        """Compare strategies on virtual laboratories; the campaign's own dataset is left alone.

        Parameters
        ----------
        lab
            A bundled lab (``ltvo``), ``posterior``, a lab description, a measured table or a function.
        **settings
            ``labs``, ``seeds``, ``budget``, ``batch``, ``start``, ``strategies``, ``out``, ``jobs``,
            ``scheduler`` as for `ovenbird.campaigns.simulation.simulate`.

        Raises
        ------
        NotFound, InputError
            If something is not in order; nothing is simulated then.
        """
        from .simulation import simulate

        return simulate(self, lab, **settings)
