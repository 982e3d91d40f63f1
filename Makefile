# Everything that a person or CI does with this tree. Needs Python >= 3.11, git and make; the rest is fetched into .venv.
#
#   make run     a running instance, and the address of its page
#   make test    every check and every test
#
# Other commands: make help. Which Python: make run PYTHON=/path/to/python3.12

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The newest Python we test on comes first; a name that exists but cannot run (a version manager's shim) is passed over.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)

SETUP = @$(if $(PYTHON),,echo "Zhida needs Python 3.11 or newer; none was found on PATH. Install it, or name it: make $@ PYTHON=/path/to/python3" >&2; exit 1;) \
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m deploy.setup

BIN := .venv/bin
PYTHON_CODE := src tests deploy benchmarks

.PHONY: help run setup dev test check format bench chaos docs lock clean

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: ## Set up what is missing, start Zhida and print the address of its page
	$(SETUP) run
	@exec $(BIN)/zhida up

setup: ## Set up everything that make run needs, start nothing
	$(SETUP) run

dev: ## Like run, and start again when the code changes
	$(SETUP) test
	@exec $(BIN)/zhida up --reload

test: ## Every check, then every test; asks before it installs distribution packages (CI=true says yes)
	$(SETUP) test
	@$(MAKE) --no-print-directory check-only
	@exec $(BIN)/python -m deploy.setup.suite

check: ## Format, lint, types, import contracts, and the page's own
	$(SETUP) test
	@$(MAKE) --no-print-directory check-only

.PHONY: check-only
check-only:
	$(BIN)/ruff format --check --quiet $(PYTHON_CODE)
	$(BIN)/ruff check --quiet $(PYTHON_CODE)
	$(BIN)/pyright --warnings
	$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m deploy.setup check-page

format: ## Format the Python code and mend what the linter can
	$(SETUP) test
	$(BIN)/ruff format $(PYTHON_CODE)
	$(BIN)/ruff check --fix $(PYTHON_CODE)

bench: ## The benchmarks, with their figures printed
	$(SETUP) test
	@$(BIN)/python -m benchmarks

chaos: ## A hundred random kills at real times; prints what they found
	$(SETUP) test
	@$(BIN)/python -m pytest tests/chaos -s --kills 100

docs: ## Write .env.example from the settings, and check the links between the documents
	$(SETUP) test
	@$(BIN)/python -m deploy.setup.environment_example > .env.example
	$(BIN)/python -m pytest -q tests/architecture/test_documents.py

lock: ## Resolve the locks anew from pyproject.toml
	$(SETUP) lock

clean: ## Remove what set-up made (not the data: that is .zhida)
	rm -rf .venv web/node_modules src/zhida/api/page
