# Every target sets itself up in .venv; PYTHON names the interpreter it is made with.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: suggest test lint format bench clean

suggest: .venv/.installed
	@$(BIN)/suggest-next-experiment

# One thread per worker: two workers already fill the two cores the suite is planned for.
test: .venv/.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

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

clean:
	rm -rf .venv .typing build dist *.egg-info

.venv/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

.typing/ovenbird:
	@mkdir -p .typing
	@ln -sfn .. $@
