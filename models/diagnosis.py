"""How far all that is believed may be trusted, as one value that shows itself in a notebook."""

from collections.abc import Mapping
from dataclasses import dataclass

from .beliefs import Beliefs
from .diagnostics import LeaveOneOutSummary, LeftOut, leave_one_out, summarise
from .html_pieces import LONGEST_NAME, Html, bold, box, html, id_html, items, paragraph, quiet, table
from .outliers import Outlier
from .picture_style import in_words, quantity


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Leave-one-out of all responses, and what the data say against what was declared.

    Attributes
    ----------
    left_out
        Every value with what was forecast of it without its experiment.
    summaries
        By response, for those with at least one value.
    units
        Of the responses.
    contradictions
        Declared knowledge that the data contradict.
    outliers
        Values that fit nothing else and are not obeyed.
    """

    left_out: tuple[LeftOut, ...]
    summaries: Mapping[str, LeaveOneOutSummary]
    units: Mapping[str, str | None]
    contradictions: tuple[str, ...] = ()
    outliers: tuple[Outlier, ...] = ()

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {summary.n}" for name, summary in self.summaries.items())
        return f"<Diagnosis, values left out in turn: {counts or 'none'}>"

    def _repr_html_(self) -> str:
        if not self.summaries:
            return box("How far it can be trusted", paragraph("Nothing has been measured yet."))
        rows = [
            [
                bold(html(in_words(name), LONGEST_NAME)),
                str(summary.n),
                html(summary.in_words(self.units.get(name))),
            ]
            for name, summary in self.summaries.items()
        ]
        how = "Every value was forecast from all other experiments, as if it had not been made."
        said = [html(sentence) for sentence in self.contradictions]
        said += [self._outlier(outlier) for outlier in self.outliers]
        found = table(["", "values", ""], rows, ["left", "right"])
        return box("How far it can be trusted", paragraph(quiet(how)), found, items(said))

    def _outlier(self, outlier: Outlier) -> Html:
        unit = self.units.get(outlier.response)
        value, expected = quantity(outlier.value, unit), quantity(outlier.expected, unit)
        sentence = (
            f": {in_words(outlier.response)} {value} fits nothing else ({expected} expected): not obeyed."
        )
        return Html(f"{id_html(outlier.experiment)}{html(sentence)}")


def diagnose(beliefs: Beliefs) -> Diagnosis:
    """Forecast everything that was measured from all the rest.

    Parameters
    ----------
    beliefs
        Fitted surrogates: `Campaign.beliefs()`.
    """
    left_out = tuple(leave_one_out(beliefs))
    return Diagnosis(
        left_out=left_out,
        summaries=summarise(left_out, beliefs),
        units={name: response.unit for name, response in beliefs.responses.items()},
        contradictions=beliefs.contradictions,
        outliers=beliefs.outliers,
    )
