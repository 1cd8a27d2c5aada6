PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := $(shell git ls-files 'pyproject.toml' 'hatch_build.py' 'extension/frontend/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo lab test check benchmarks clean

help: ## Show what there is.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.lab: $(VENV)/bin/python $(SOURCES)
	$(BIN)/python -m pip install --quiet -e '.[lab]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python $(SOURCES)
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	@touch $@ $(VENV)/.lab

demo: $(VENV)/.lab ## Run a backtest on real prices, follow it live, write demo-report.html.
	$(BIN)/workbench demo

lab: $(VENV)/.lab ## Open JupyterLab on the live backtest notebook.
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_live_backtest.ipynb

test: $(VENV)/.dev ## Run every test: unit, property, server, process, browser, notebooks.
	$(BIN)/python -m pytest

check: $(VENV)/.dev ## Check style and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy workbench

benchmarks: $(VENV)/.dev ## Measure, with peers in the same run.
	$(BIN)/python -m tests.benchmarks

clean: ## Remove what was built.
	rm -rf $(VENV) dist build extension/frontend/node_modules
	find workbench/widgets/static -type f ! -name .gitkeep -delete
