"""What to make next: goal, limits, rules, search, acquisition, reasons."""
