"""A table of text, before any of its cells is understood."""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class GridRow:
    """One row of a grid that is not blank.

    Attributes
    ----------
    where
        Place named in messages.
    number
        Row as the reader of the table counts.
    cells
        One text for every column, stripped.
    """

    where: str
    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table of text: its name, its header, the rows that fit it, and a sentence for each that does not."""

    name: str
    header: tuple[str, ...]
    rows: tuple[GridRow, ...]
    faults: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the content, whichever delimiter and line ends it was saved with."""
        content = [self.header, *(row.cells for row in self.rows)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()
