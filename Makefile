# make site: everything, from an empty clone to site/. make serve: the same with live reload. make test: the fast tests.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# The date of the last commit, so that the same commit gives the same bytes.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export NO_MKDOCS_2_WARNING := 1
export DISABLE_MKDOCS_2_WARNING := true

.PHONY: site serve deploy exported-site screenshots lighthouse test test-all bench check format clean

site: .venv/installed-docs
	$(BIN)/mkdocs build --strict

serve: .venv/installed-docs
	$(BIN)/mkdocs serve

deploy: .venv/installed-docs
	$(BIN)/mkdocs gh-deploy --strict

# The same pages as plain files, built strictly by the other generator that is still kept: the way out stays open.
exported-site: .venv/installed-docs
	rm -rf exported
	$(BIN)/camfolio export markdown --to exported
	cd exported && ../$(BIN)/properdocs build --strict -f mkdocs.yml
	$(BIN)/camfolio finish exported/site

# Every page of site/, light and dark, wide and narrow, as pictures to look at.
screenshots: .venv/installed-dev
	$(BIN)/python scripts/screenshots.py site screenshots

# Needs node and chromium.
lighthouse: .venv/installed-dev
	$(BIN)/python scripts/lighthouse.py site

test: .venv/installed-dev
	$(BIN)/python -m pytest -m "not slow"

test-all: .venv/installed-dev
	$(BIN)/python -m pytest

bench: .venv/installed-bench
	$(BIN)/python benchmarks/cams.py --page docs/performance.md

check: .venv/installed-dev
	$(BIN)/ruff format --check src gen tests scripts benchmarks
	$(BIN)/ruff check src gen tests scripts benchmarks
	$(BIN)/mypy

format: .venv/installed-dev
	$(BIN)/ruff format src gen tests scripts benchmarks
	$(BIN)/ruff check --fix src gen tests scripts benchmarks

clean:
	rm -rf site exported screenshots artifacts

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed-docs: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) -e ".[docs]"
	touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) -e ".[docs,test,dev,luna]"
	touch $@

.venv/installed-bench: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) -e ".[bench]"
	touch $@
