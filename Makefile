# The environment lives in .venv; nothing but Python >= 3.11 and make is needed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := reports/demo
WORKERS ?= 2

.PHONY: demo test test-all check bench ads-model handbook schema sample clean

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("需要 Python 3.11 或更新 / Python >= 3.11 is needed") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

## A made-up month, evaluated
demo: $(VENV)/.ready
	rm -rf demo-month
	$(BIN)/evaluator demo demo-month
	$(BIN)/evaluator run demo-month --out $(DEMO)

# An idle worker takes tests that another has not begun: a heavy one may take half an hour, with hundreds behind it.
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

## The whole suite but its heavy cases
test: $(VENV)/.ready
	$(PYTEST) -m "not heavy"

## With the heavy cases: three hours or more on two cores
test-all: $(VENV)/.ready
	$(PYTEST)

## Lint and types
check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

## Seconds and memory for 1, 10 and 100 million messages, beside pandas and DuckDB
bench: $(VENV)/.ready
	$(BIN)/python bench/bench.py --messages 1000000 10000000 100000000

## The ad classifier that ships with the program, trained again on rules/ads/*.txt
ads-model: $(VENV)/.ready
	$(BIN)/evaluator ads train --out rules/ads/model.npz

## docs/handbook.md, from the rules
handbook: $(VENV)/.ready
	$(BIN)/evaluator handbook --out docs/handbook.md

## JSON Schemas of period.yaml, plans, packs and mapping.yaml, from the readers' tables
schema: $(VENV)/.ready
	$(BIN)/evaluator schema --out rules/schema

## reports/sample: the demo month's reports and pictures of them
sample: $(VENV)/.ready
	$(BIN)/python reports/build_sample.py

clean:
	rm -rf $(VENV) demo-month $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis
