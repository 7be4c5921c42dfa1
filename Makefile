# Everything starts here: each target does its own set-up, in a virtual environment inside the project.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt
MINUTES ?= 4.5
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal
BACKEND_TESTS := tests/layers tests/models tests/ops tests/training tests/inference tests/inspection  # on each backend

export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help
.PHONY: help quickstart test test-all lint bench clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

quickstart: $(VENV)/.installed  ## pretrain on real text, fine-tune, show what was learned (6 minutes on 2 cores)
	$(BIN)/python recipes/quickstart.py --minutes $(MINUTES)

test: $(VENV)/.installed-test lint  ## the default tests, on TensorFlow and JAX (torch too where it is installed)
	$(PYTEST)
	for backend in jax torch; do $(BIN)/python tests/backend_is_installed.py $$backend || continue; \
		KERAS_BACKEND=$$backend $(PYTEST) $(BACKEND_TESTS) || exit 1; done

test-all: $(VENV)/.installed-test-all lint  ## every test, the slow ones and all three backends included
	$(PYTEST) -m ""
	for backend in jax torch; do XLA_FLAGS= KERAS_BACKEND=$$backend $(PYTEST) -m "" $(BACKEND_TESTS) || exit 1; done

lint: $(VENV)/.installed-test  ## style, and the floors that say who may import whom
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

bench: $(VENV)/.installed-test-all  ## the benchmarks, ours and the peers in one run
	$(BIN)/python -m benchmarks

clean:  ## remove the environment and everything that runs wrote
	rm -rf $(VENV) runs

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt constraints.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the packages of requirements.txt into $(VENV), 1-2 minutes the first time"
	$(PIP) -e .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing what the tests need besides"
	$(PIP) -e '.[test]'
	touch $@

$(VENV)/.installed-test-all: $(VENV)/.installed-test
	$(PIP) --use-pep517 -e '.[test-all]'  # seqeval's own build, without pip's, is broken
	touch $@
