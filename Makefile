# `make` alone lists what there is. Any target sets up what it needs, and does nothing twice.

PYTHON ?= python3
ARGS ?=
# Processes that share the files of tests between them; 0: all in one.
WORKERS ?= 2
UV_VERSION := 0.13.9

# uv lives apart from what it installs: `uv sync` removes from .venv whatever the lock does not name, itself included.
TOOLS := .make/tools-$(UV_VERSION)
PACKAGES := .venv/.installed
PAGES := idp/web/static/build/sources.sha256
STRANGERS := tests/strangers/clients/node_modules/.package-lock.json
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard idp/web/translations/*/LC_MESSAGES/messages.po))
PAGE_SOURCES := $(shell find frontend -type f -not -path '*/node_modules/*' -not -path '*/__pycache__/*')

.PHONY: help setup frontend words tables demo strangers test gates check clean
.DEFAULT_GOAL := help

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo '  Another Python: make setup PYTHON=python3.12 · some tests: make test ARGS="-k redis"'

setup: $(PACKAGES) frontend ## Install what is needed into .venv and build what the pages need

frontend: $(PAGES) $(CATALOGUES) ## Build the pages' styles and scripts, and compile their translations

words: $(PACKAGES) ## Bring the message catalogues in step with the sources; then translate what is new
	@.venv/bin/python -m tools.translations

tables: $(PACKAGES) ## Rewrite which tests hold which requirement and clause, from their docstrings
	@.venv/bin/python -m tools.requirements_table
	@.venv/bin/python -m tools.specifications_table

demo: setup ## Run the provider, its worker and three sample relying parties and the simulator on this machine; Ctrl-C stops them
	@exec .venv/bin/idp demo

strangers: $(STRANGERS) ## Install the clients of others that tests run against the provider

test: setup strangers ## Run the tests
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

gates: setup ## Check format, lint, types and import contracts
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

check: gates test ## Everything that must hold before a commit

clean: ## Remove everything that set-up and builds made; data in var/ and keys/ stays
	@rm -rf .venv .make .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis frontend/node_modules tests/strangers/clients/node_modules idp/web/static/build $(CATALOGUES)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(TOOLS)/bin/uv:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and there is no $(PYTHON) here: install it, or name another with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version): name a newer one with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@echo 'setup: preparing the installer …'
	@$(PYTHON) -m venv --clear $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(PACKAGES): uv.lock pyproject.toml $(TOOLS)/bin/uv
	@echo 'setup: installing Python packages …'
	@env -u VIRTUAL_ENV UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv \
		$(TOOLS)/bin/uv sync --locked --python $(TOOLS)/bin/python
	@touch $@

# By the installer's Python: where the machine has no npm, the build installs one beside the Python that runs it.
$(PAGES): $(PAGE_SOURCES) $(TOOLS)/bin/uv
	@$(TOOLS)/bin/python frontend/build.py
	@touch $@

# By the npm that built the pages.
$(STRANGERS): tests/strangers/clients/package-lock.json $(PAGES)
	@PATH="$$PATH:$(abspath $(TOOLS))/bin" npm ci --prefix $(@D)/.. --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

%.mo: %.po $(PACKAGES)
	@.venv/bin/pybabel --quiet compile --locale $(word 4,$(subst /, ,$@)) --input-file $< --output-file $@
