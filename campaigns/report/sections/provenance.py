"""How the report was made, and how to make it again."""

from ..blocks import Code, Facts, Heading, Section
from ..week_summary import WeekSummary
from ..words import Words, plain, quantity


def provenance(summary: WeekSummary, words: Words) -> Section:
    """Data, file, seed, versions and command.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    made = summary.provenance
    return Section(
        key="provenance",
        title="How it was made",
        blocks=(
            Facts(
                pairs=(
                    ("Dataset", plain(made.dataset)),
                    ("Its fingerprint", plain(made.fingerprint)),
                    ("Experiments", f"{made.n_own} own, {made.n_literature} from literature"),
                    ("Campaign file", plain(made.file)),
                    ("Its SHA-256 begins", plain(made.file_digest)),
                    ("Seed", str(made.seed)),
                    (
                        "Software",
                        ", ".join(plain(f"{n} {v}") for n, v in made.versions.items()) or "not known",
                    ),
                    ("It took", quantity(made.seconds, "s")),
                )
            ),
            Heading(text="To make it again"),
            Code(text=plain(made.command)),
        ),
    )
