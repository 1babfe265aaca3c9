# Everything one does with a checkout. Start with `make demo` or `make test`; `make help` lists the rest.
# Nothing here names a package registry: pip, uv and npm use the ones this machine is set up for.

PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
DIST := src/pinback/web/static/web/dist
CATALOG := src/pinback/locale/zh_Hans/LC_MESSAGES/django
STATIC_SOURCES := $(shell find src/pinback/web/static -type f -not -path '*/dist/*' 2>/dev/null)
MYPY_PATHS := src conftest.py tests simulation fuzzing benchmarks tools

export DJANGO_SETTINGS_MODULE := pinback.config.settings
# Containers often set it. Then every process compiles all that it imports, which is most of the time it takes to
# start, and there are hundreds of them in the tests; what is written here is ignored by Git and gone with `clean`.
unexport PYTHONDONTWRITEBYTECODE
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help setup demo test quick gates lint types migrations dev chromium simulate fuzz bench bench-full messages lock clean
help:
	@echo "make demo      set everything up, settle a real order history, and serve its report"
	@echo "make test      set everything up, run every gate and every test"
	@echo "make setup     the environment in $(VENV), the front end, the translations"
	@echo "make quick     lint and the fast tests: no PostgreSQL, no browser"
	@echo "make gates     lint, types, import rules, migrations, translations"
	@echo "make simulate  seeded worlds, one after the other, until one fails or you stop it"
	@echo "make fuzz      random bytes and events against the rules; MINUTES=10"
	@echo "make bench     the benchmarks, quick; make bench-full takes longer and is steadier"
	@echo "make messages  bring the translation catalog up to date with the sources"
	@echo "make lock      resolve requirements/*.in and package.json again"
	@echo "make clean     remove what was built"

# --- setting up -------------------------------------------------------------------------------------------------

setup: $(STAMPS)/package $(CATALOG).mo $(STAMPS)/static

$(STAMPS)/bootstrap: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Pinback needs Python 3.11 or newer as '$(PYTHON)'. Name another one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python cannot make virtual environments here; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@mkdir -p $(STAMPS) && touch $@

# uv is quick. Where only pip knows the way to a registry, pip does the same from the same hashes.
define install
	@echo "Installing $(1)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes $(2) \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes $(2)
	@touch $@
endef

$(STAMPS)/runtime: requirements/base.txt requirements/build.txt requirements/parquet.txt $(STAMPS)/bootstrap
	$(call install,Python packages,-r requirements/base.txt -r requirements/build.txt -r requirements/parquet.txt)

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	$(call install,development tools,-r requirements/dev.txt)

$(STAMPS)/package: pyproject.toml src/pinback/__init__.py $(STAMPS)/runtime
	@$(BIN)/uv pip install --quiet --offline --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/node: requirements/node.txt $(STAMPS)/bootstrap
	@if node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null; then \
	  touch $@; else $(MAKE) $(STAMPS)/node-from-wheel && touch $@; fi

$(STAMPS)/node-from-wheel: requirements/node.txt $(STAMPS)/bootstrap
	$(call install,Node,-r requirements/node.txt)

node_modules/.stamp: package.json package-lock.json .npmrc $(STAMPS)/node
	@echo "Installing front-end packages"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --loglevel=error >/dev/null
	@touch $@

# The build writes the whole folder anew; one file of it stands for all.
$(DIST)/report.js: $(wildcard frontend/* frontend/store/*) node_modules/.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build

$(CATALOG).mo: $(CATALOG).po tools/messages.py $(STAMPS)/runtime
	@$(BIN)/python -m tools.messages compile

# Bundles and other static files under hashed names, compressed, so that browsers may keep them for ever.
$(STAMPS)/static: $(DIST)/report.js $(STATIC_SOURCES) $(STAMPS)/package
	@DATABASE_URL=sqlite://:memory: $(BIN)/python -m django collectstatic --noinput --clear --verbosity 0
	@touch $@

# --- running ----------------------------------------------------------------------------------------------------

demo: setup
	@$(BIN)/pinback demo

# Named one by one, as Django passes over an app that has models but no migrations at all.
APPS_WITH_MODELS = DATABASE_URL=sqlite://:memory: $(BIN)/python -c "import django; django.setup(); \
  from django.apps import apps; print(*sorted({model._meta.app_label for model in apps.get_models()}))"

# --- checking ---------------------------------------------------------------------------------------------------

test: setup dev chromium
	@$(MAKE) gates
	@PYTHONHASHSEED=0 $(BIN)/pytest -q -n $(JOBS) --dist loadfile

quick: setup dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python -m tools.tidy
	@$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m "not slow and not postgres and not browser"

# Types take as long as all else together.
gates: setup dev
	@$(MAKE) -j $(JOBS) --output-sync=target types lint migrations

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tools.tidy
	$(BIN)/python -m tools.messages check
	$(BIN)/lint-imports --no-logo

types: dev
	$(BIN)/mypy $(MYPY_PATHS)

migrations: setup
	DATABASE_URL=sqlite://:memory: $(BIN)/python -m django check --fail-level WARNING
	DATABASE_URL=sqlite://:memory: $(BIN)/python -m django makemigrations --check --dry-run $$($(APPS_WITH_MODELS))
	DATABASE_URL=sqlite://:memory: $(BIN)/python -m tools.migrations check

dev: $(STAMPS)/dev $(STAMPS)/package

# Browser tests drive the system's Chromium; the CJK font is there so that Chinese pages show text, not boxes.
chromium:
	@if [ -x /usr/bin/chromium ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests" && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-noto-cjk >/dev/null; \
	else echo "The browser tests need Chromium at /usr/bin/chromium; install it with your package manager." >&2; fi

# --- trying hard to break it, and measuring ---------------------------------------------------------------------

simulate: setup dev
	@nice $(BIN)/python -m simulation --forever

fuzz: setup dev
	@nice $(BIN)/python -m fuzzing --minutes $(or $(MINUTES),10)

# Every module of benchmarks/ that tells how it is run is one.
BENCHES = $(patsubst benchmarks/%.py,%,$(shell grep -l '\[--full\]' benchmarks/*.py))

# What is measured beside it has an environment of its own, in which Pinback is not installed.
$(STAMPS)/peer: requirements/peer.txt $(STAMPS)/bootstrap
	@echo "Installing the benchmarks' peer"
	@$(PYTHON) -m venv $(VENV)/peer
	@$(BIN)/uv pip install --quiet --python $(VENV)/peer/bin/python --require-hashes -r requirements/peer.txt \
	  || $(VENV)/peer/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peer.txt
	@touch $@

bench: setup dev $(STAMPS)/peer
	@set -e; for name in $(BENCHES); do echo; echo "$$name"; $(BIN)/python -m benchmarks.$$name; done

bench-full: setup dev $(STAMPS)/peer
	@set -e; for name in $(BENCHES); do echo; echo "$$name"; $(BIN)/python -m benchmarks.$$name --full; done

# --- looking after it -------------------------------------------------------------------------------------------

messages: $(STAMPS)/runtime
	@$(BIN)/python -m tools.messages update

LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
       --custom-compile-command "make lock" $(LOCK_FLAGS)

# `make lock LOCK_FLAGS=--upgrade` moves everything to the newest versions that requirements/*.in allow.
lock: $(STAMPS)/bootstrap $(STAMPS)/node
	@cd requirements && for name in bootstrap node base build parquet dev peer; do \
	  ../$(LOCK) $$name.in --output-file $$name.txt || exit 1; done
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm install --package-lock-only --loglevel=error

clean:
	rm -rf $(VENV) node_modules $(DIST) src/pinback/staticfiles $(CATALOG).mo build dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
