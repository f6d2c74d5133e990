# Two commands on a fresh machine with python3 and make: `make serve`, `make test`.
PYTHON ?= python3
BIN := .venv/bin
export PORT DATA_DIR DATABASE_URL POSTGRES
export DEMO ?= 1

.PHONY: help serve test faults check openapi clients bench lock clean

help:            ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

serve: .venv/runtime  ## Serve the API on 127.0.0.1:8000 (PORT, DATA_DIR, DATABASE_URL, DEMO=)
	@exec $(BIN)/incident-ledger serve

test: .venv/dev  ## Run the tests (POSTGRES=container, DATABASE_URL)
	DEMO= $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

faults: .venv/dev ## Kill and stop things in mid-load, and look that nothing is lost (FAULT_ROUNDS=20)
	DEMO= $(BIN)/python -m pytest -m faults $(ARGS)

check: .venv/dev ## Format, lint, types, import contracts, OpenAPI drift
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m service.contract --check openapi docs/access.md

openapi: .venv/dev ## Write openapi/ and the table of docs/access.md from the code
	$(BIN)/python -m service.contract openapi docs/access.md

clients: .venv/dev ## Generate clients/python and build its wheel
	$(BIN)/python clients/python/generate.py
	$(BIN)/uv build --quiet --no-build-isolation --wheel clients/python

bench: .venv/dev bench/node_modules ## Measure, and compare with others (takes minutes)
	$(BIN)/python -m bench.run $(ARGS)

lock: .venv/dev  ## Choose the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --upgrade --python-version 3.11 pyproject.toml --group build -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --upgrade --python-version 3.11 pyproject.toml --group build --group dev -c requirements/runtime.txt -o requirements/dev.txt

.venv/runtime: requirements/runtime.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 ...")'
	@echo 'Installing into .venv, once ...'
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/runtime.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

.venv/dev: .venv/runtime requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

bench/node_modules: bench/package-lock.json
	@command -v npm >/dev/null || { echo 'make bench needs Node.js with npm: one of the peers that it measures is an npm package.' >&2; exit 1; }
	@npm ci --silent --no-audit --no-fund --prefix bench
	@touch $@

clean:           ## Remove the virtual environment; data stays
	rm -rf .venv
