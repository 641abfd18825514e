"""The weekly report: a finished summary of a week, its figures, and its pages."""
