# make site: builds the site from an empty clone into site/, in two minutes, from kept results. make serve: the same with live reload. make test: the fast tests.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# Date of the last commit, so that builds of one commit are bitwise identical.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export NO_MKDOCS_2_WARNING := 1
export DISABLE_MKDOCS_2_WARNING := true

.PHONY: site anew record serve deploy exported-site screenshots looks looks-accept lighthouse test test-all bench check format clean

site: .venv/installed-docs
	$(BIN)/mkdocs build --strict

serve: .venv/installed-docs
	$(BIN)/mkdocs serve

deploy: .venv/installed-docs
	$(BIN)/mkdocs gh-deploy --strict

# All pages as plain files, built strictly by three generators without camfolio; a page or picture that one of them lacks is an error.
exported-site: .venv/installed-dev
	rm -rf exported
	$(BIN)/camfolio export markdown --to exported
	$(BIN)/python scripts/exported_sites.py exported

# Everything computed from nothing, whatever is recorded or kept, and the site of it.
anew: .venv/installed-docs
	$(BIN)/camfolio site --anew --strict

# Record the results of both studies; commit gen/studies/*.results.json and gen/results/.
record: .venv/installed-docs
	$(BIN)/camfolio record

# Screenshots of every page of site/, light and dark, wide and narrow.
screenshots: .venv/installed-dev
	$(BIN)/python scripts/screenshots.py site screenshots

# Eight views of site/ beside accepted pictures; what differs is drawn in screenshots/looks/.
looks: .venv/installed-dev
	$(BIN)/python scripts/looks.py site

# Accept these views as they are now; look at the pictures in tests/site/looks/ before you commit them.
looks-accept: .venv/installed-dev
	$(BIN)/python scripts/looks.py site --accept

# Lighthouse audit of site/; needs node and chromium.
lighthouse: .venv/installed-dev
	npm ci --prefix scripts --ignore-scripts --no-audit --no-fund
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
	$(PIP) -e ".[docs,test,dev,luna,provenance]"
	touch $@

.venv/installed-bench: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) -e ".[bench]"
	touch $@
