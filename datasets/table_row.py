"""What one row of a table says, checked and in the units of the campaign."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .experiment import FailureReason, Status
from .parameter_space import Conditions
from .qualified_value import QualifiedValue


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row of a table: one experiment.

    Attributes
    ----------
    where
        Place named in messages (``results.csv row 4``).
    number
        Row as a spreadsheet counts, the header being row 1; in a DataFrame the position from 0 on.
    id
        Id of the experiment, or None.
    conditions
        Conditions as planned; None if the table has no column of any parameter, so that its rows can
        only fill in experiments that exist.
    executed
        Conditions that were executed in another way than planned; those that are missing here were not.
    values
        Replicates by response; a response whose cell is empty is missing here.
    source
        Lab or paper.
    note
        Remarks, beginning with the place in the source if it was stated.
    status, failure
        Where the experiment stands, or None if the table does not say.
    """

    where: str
    number: int
    id: str | None = None
    conditions: Conditions | None = None
    executed: Conditions = field(default_factory=dict)
    values: Mapping[str, tuple[QualifiedValue, ...]] = field(default_factory=dict)
    source: str = ""
    note: str = ""
    status: Status | None = None
    failure: FailureReason | None = None

    @property
    def likely_status(self) -> Status:
        """The status stated, or else measured if there are values and planned if there are none."""
        if self.status is not None:
            return self.status
        return Status.MEASURED if self.values else Status.PLANNED
