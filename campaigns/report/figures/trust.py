"""How far the model of a response may be believed."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ....models.diagnostics import LeftOut
from ....models.pictures import coverage_of, importance_of, parity_of, reliability_of
from ..week_summary import Named, ResponseTrust
from .frame import id_of, nothing_figure, said, unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_PARAMETERS = 20


def parity_figure(trust: ResponseTrust) -> "Figure":
    """What was measured against what was forecast from all other experiments, with 90 % intervals.

    Parameters
    ----------
    trust
        In a number; its values left out are shown.
    """
    if trust.response.is_yes_no or not trust.left_out:
        return _no_values(trust)
    return parity_of(_with_short_ids(trust), said(trust.response), unit_of(trust.response) or None)


def coverage_figure(trust: ResponseTrust) -> "Figure":
    """How many measured values intervals of every level held, against how many they should.

    Parameters
    ----------
    trust
        In a number; its values left out are shown.
    """
    if trust.response.is_yes_no or not trust.left_out:
        return _no_values(trust)
    return coverage_of(trust.left_out, said(trust.response))


def reliability_figure(trust: ResponseTrust) -> "Figure":
    """How often the answer was yes where a probability of yes was forecast, with counts.

    Parameters
    ----------
    trust
        In a yes or no; its answers left out are shown.
    """
    if not trust.response.is_yes_no or not trust.left_out:
        return _no_values(trust)
    return reliability_of(trust.left_out, said(trust.response))


def importance_figure(trust: ResponseTrust) -> "Figure":
    """How much each parameter matters to the forecast of a response; of very many the first twenty.

    Parameters
    ----------
    trust
        In any response.
    """
    if not trust.importance:
        return nothing_figure(f"It is not known yet what matters to {said(trust.response)}.")
    most = sorted(trust.importance.items(), key=lambda pair: -pair[1])[:_MOST_PARAMETERS]
    shares = [(said(Named(name=name)), share) for name, share in most]
    return importance_of(shares, said(trust.response))


def _with_short_ids(trust: ResponseTrust) -> list[LeftOut]:
    return [replace(item, experiment=id_of(item.experiment)) for item in trust.left_out]


def _no_values(trust: ResponseTrust) -> "Figure":
    """Why there is nothing to be seen."""
    name, yes_no = said(trust.response), trust.response.is_yes_no
    if trust.left_out:
        sort = "yes or no" if yes_no else "a number"
        return nothing_figure(f"{name} is {sort}: another figure shows how well it is forecast.")
    what = "answer" if yes_no else "value"
    return nothing_figure(f"No {what} of {name} has been held against a forecast from the others yet.")
