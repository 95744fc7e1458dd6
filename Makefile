# Every target that needs the environment depends on its stamp, so that each works on its own.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo browse test check clean help

help: ## Show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(STAMP) ## Create .venv and install scantrack with its pinned dependencies

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[city,dev,export]'
	touch $@

demo: $(STAMP) ## Track the sample videos and search them for a suspect vehicle
	$(BIN)/python -m app.run --cams configs/cams.yaml --out runs/demo --overwrite
	$(BIN)/python -m app.query --run runs/demo --image sample_videos/queries/q07.jpg \
		--top 5 --report runs/demo/query.html

browse: $(STAMP) ## Look at the demo's run in a web browser
	$(BIN)/python -m app.browse --run runs/demo

test: $(STAMP) ## Run all tests with coverage
	$(BIN)/python -m pytest -q --cov --cov-report=term:skip-covered --cov-fail-under=85

check: $(STAMP) ## Check formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean: ## Remove the environment and all caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* *.egg-info
