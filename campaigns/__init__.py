"""A study from its file to its suggestions: definition, lifecycle, command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .campaign import Campaign

__all__ = ["Campaign"]


def __getattr__(name: str) -> Any:
    # Campaign needs pandas and SQLAlchemy; `ovenbird --help` imports this package and needs neither.
    if name == "Campaign":
        from .campaign import Campaign

        return Campaign
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
