# Everything runs in .venv, which is made on first use: Python >= 3.11 is all that must be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv
LOG ?= embedded

.PHONY: setup demo demo-check cluster lint hooks test soak bench bench-registry lock clean

setup: $(VENV)/.dev

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tenure needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(BIN)/uv
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/demo.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/uv
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/tenure demo --log $(LOG)

demo-check: $(VENV)/.demo
	$(BIN)/tenure demo --check --log $(LOG)

cluster: $(VENV)/.demo
	$(BIN)/tenure cluster

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config .importlinter
	$(BIN)/yamllint --strict .

hooks: $(VENV)/.dev
	$(BIN)/pre-commit run --all-files

test: lint
	$(BIN)/pytest -n 2 -m "not soak"

soak: $(VENV)/.dev
	TENURE_SOAK_MINUTES=$${MINUTES:-30} $(BIN)/pytest -m soak

bench: $(VENV)/.dev
	$(BIN)/python -m bench

bench-registry: $(VENV)/.dev
	$(BIN)/python -m bench registry

lock:
	$(UV) pip compile -q $(LOCK) pyproject.toml --extra embedded --extra kafka -o requirements/core.txt
	$(UV) pip compile -q $(LOCK) pyproject.toml --extra all -o requirements/demo.txt
	$(UV) pip compile -q $(LOCK) pyproject.toml --extra all --extra evidence --group dev -o requirements/dev.txt

LOCK := --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -c requirements/constraints.txt

clean:
	rm -rf $(VENV) .tenure
