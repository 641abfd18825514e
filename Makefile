# Every target sets itself up in .venv; PYTHON names the interpreter it is made with.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: suggest test browser-tests lint format bench example clean

suggest: .venv/.installed
	@$(BIN)/suggest-next-experiment

# One thread per worker: two workers already fill the two cores the suite is planned for.
test: .venv/.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

# What the tests of the report need besides a browser: axe-core, from npm.
browser-tests: .browser/node_modules/axe-core/axe.min.js

.browser/node_modules/axe-core/axe.min.js:
	npm install --silent --no-audit --no-fund --prefix .browser axe-core@4.14.1

lint: .venv/.installed .typing/ovenbird
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: .venv/.installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.installed
	$(BIN)/python benchmarks/latency.py

# The report of the README: LTVO after four weeks in a virtual laboratory, and a picture of its page.
example: .venv/.installed
	OMP_NUM_THREADS=1 $(BIN)/python docs/example_report.py docs/example

clean:
	rm -rf .venv .typing .browser build dist *.egg-info

.venv/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

.typing/ovenbird:
	@mkdir -p .typing
	@ln -sfn .. $@
