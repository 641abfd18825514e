"""`ovenbird`: everything about a campaign but the suggestions themselves."""

import typer

from .check import check
from .corrections import amend, drop, fail, void
from .edge import run
from .export import export
from .new import new
from .plan import plan
from .report import report
from .results import add, compare, log
from .show import show, status
from .simulate import simulate

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Plan synthesis experiments: learn from what was made and measured, say what to make next.",
    epilog="The next experiments come from: suggest-next-experiment CAMPAIGN --save",
)

# In the order in which a newcomer needs them.
for command in (
    new,
    check,
    plan,
    report,
    add,
    log,
    compare,
    fail,
    drop,
    void,
    amend,
    show,
    status,
    export,
    simulate,
):
    app.command()(command)


def main() -> None:
    """Entry point."""
    run(app)
