"""The command line: `suggest-next-experiment` and `ovenbird`."""
