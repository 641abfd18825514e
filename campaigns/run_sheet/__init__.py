"""The week as an Excel file: what to do when, which samples, and empty cells for their results."""

from .write import write_run_sheet

__all__ = ["write_run_sheet"]
