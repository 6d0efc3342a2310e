# make setup | run | test | test-all | kills | lint | bench | lock
PORT ?= 8000
CITY ?=
BIN := .venv/bin
LOCALES := $(wildcard blockwise/site/locale/*/LC_MESSAGES/django.po)
TESTS ?= tests
JOBS ?= $(shell nproc)
SPREAD = -n $(JOBS) --dist loadfile --no-loadscope-reorder  # a file's tests share what is dear to make
QUICK := not (slow or browser or postgres or crash)
# TESTED=1: the quick tests have just run (make test), and test-all leaves them out
POSTGRES ?= postgresql://postgres@127.0.0.1:5432/postgres

.PHONY: setup run test test-all kills lint bench lock dev
setup: .venv/.installed blockwise/site/static/vendor/.installed $(LOCALES:.po=.mo)

run: setup
	@exec $(BIN)/blockwise demo run --port $(PORT) --city "$(CITY)"

test: setup dev
	$(BIN)/pytest $(TESTS) -q $(SPREAD) -m "$(QUICK)"

test-all: setup dev
	$(BIN)/pytest $(TESTS) -q $(SPREAD) -m "not browser$(if $(TESTED), and not ($(QUICK)))"
	$(BIN)/pytest $(TESTS) -q $(SPREAD) -m browser --reruns 1 -raR  # apart: a browser's event loop stays in its process; what failed once and then not is named
	@if [ -n "$$CI" ] || $(BIN)/python -c "import psycopg; psycopg.connect('$(POSTGRES)', connect_timeout=3).close()" 2>/dev/null; \
	then BLOCKWISE_TEST_POSTGRES=$(POSTGRES) $(BIN)/pytest $(TESTS) -q $(SPREAD) -m "$(QUICK)"; \
	else echo "NOT RUN: the quick tests on PostgreSQL; there is no server at $(POSTGRES)"; fi

kills: setup dev
	BLOCKWISE_TEST_KILLS=200 BLOCKWISE_TEST_POSTGRES=$(POSTGRES) $(BIN)/pytest tests/crash/test_kill.py -q -n 2 --dist load

lint: setup dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/house -q

bench: setup dev
	$(BIN)/python -m bench

lock: .venv/.dev-installed
	$(COMPILE) pyproject.toml --group build -o requirements.txt
	$(COMPILE) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	$(COMPILE) --group node -o requirements-node.txt
	cd web && npm install --package-lock-only --omit-lockfile-registry-resolved
COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

dev: .venv/.dev-installed

.venv/bin/python:
	python3 -m venv .venv

.venv/.installed: requirements.txt pyproject.toml | .venv/bin/python
	@echo "installing what Blockwise runs with"
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev-installed: requirements-dev.txt | .venv/.installed
	@echo "installing what the tests need"
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

blockwise/site/static/vendor/.installed: web/package-lock.json web/install.sh | .venv/.installed
	@echo "fetching the browser modules"
	@web/install.sh
	@touch $@

%.mo: %.po | .venv/.installed
	@$(BIN)/pybabel --quiet compile --use-fuzzy --input-file $< --output-file $@ --locale zh_Hans
