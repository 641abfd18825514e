"""Forecasts of a user's own conditions, as a table."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .campaign_records import CampaignRecords
from .conditions_table import read_conditions

if TYPE_CHECKING:
    import pandas as pd

    from ..models.beliefs import Beliefs


def forecast_table(
    campaign: CampaignRecords, learn: "Callable[[], Beliefs]", frame: "pd.DataFrame"
) -> "pd.DataFrame":
    """Forecast every response at some conditions; the columns are those of `Campaign.forecast`.

    Parameters
    ----------
    campaign
        Whose parameters and responses.
    learn
        Gives its surrogates; not asked where there are no conditions.
    frame
        Conditions, one row each.

    Raises
    ------
    InputError
        If conditions are faulty.
    """
    import pandas as pd

    from ..models.encoding import codes_of_all
    from ..planner.forecasts import forecasts, known_costs, limit_probabilities
    from ..planner.suggestion import forecast_columns

    table = read_conditions(frame, campaign.space, "conditions")
    if not table.conditions:
        return pd.DataFrame(columns=_columns(campaign), index=frame.index, dtype=float)
    codes = codes_of_all(campaign.space, table.conditions)
    problem, beliefs = campaign.problem, learn()
    rows = [
        forecast_columns(forecast, limits, costs)
        for forecast, limits, costs in zip(
            forecasts(problem, beliefs, codes),
            limit_probabilities(problem, beliefs, codes),
            known_costs(problem, codes),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, index=frame.index)


def _columns(campaign: CampaignRecords) -> list[str]:
    from ..planner.feasibility import limit_name

    definition = campaign.definition
    limits, cost_limits = definition.limits, definition.cost_limits
    numbers, answer = ("median", "low", "high"), ("probability",)
    return [
        *(
            f"{name}.{part}"
            for name, response in definition.responses.items()
            for part in (answer if response.is_yes_no else numbers)
        ),
        *(f"limit.{limit_name(limit, limits)}" for limit in limits),
        *(f"limit.{limit_name(limit, cost_limits)}" for limit in cost_limits),
        *(f"cost.{name}" for name in definition.costs),
    ]
