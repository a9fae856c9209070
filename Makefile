# Each target sets itself up: a Python environment in .venv, made once and again when its lock changes.
#
#   make report                     this month's reports, in both languages
#   make report ARGS="--help"       other choices for the command behind the target
#   make test PYTEST_ARGS="-k gap"  one part of the tests
#   make test WORKERS=0             the tests one after the other
#   make PYTHON=python3.12 report   another Python
#   make setup LOCK=requirements.lock  what a server needs, without tests, tools and JupyterLab

PYTHON ?= python3
CHROMIUM ?=
PYTEST_ARGS ?=
WORKERS ?=
LOCK_ARGS ?=
LOCKED := $(or $(shell cat .venv/.lock 2>/dev/null),requirements-dev.lock)
LOCK ?= $(LOCKED)

VENV := .venv
BIN := $(VENV)/bin
SAY := @echo "r57:"

# An old shell's choices must not leak into the environment that is made here.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export CHROMIUM
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq

# uv takes a fifth of pip's time. Where it cannot be had, or finds no packages (it does not read pip's settings), pip does it.
UV = UV_NATIVE_TLS=1 UV_HTTP_TIMEOUT=20 $(BIN)/uv --no-config pip install --quiet --python $(BIN)/python --no-deps \
	--require-hashes --compile-bytecode

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report dashboards quick test test-all test-engines soak lab check setup python chromium lock clean

help:
	@echo "make report  write the month's reports into reports/"
	@echo "make dashboards  serve the dashboards on http://127.0.0.1:8866"
	@echo "make lab     open the notebooks in JupyterLab"
	@echo "make check   look for errors and conflicts in data/"
	@echo "make quick   lint, types, and the tests that need no browser, no server and no whole month: three minutes"
	@echo "make test    lint, types and tests"
	@echo "make test-all  those, the engines of transactions, and the soak"
	@echo "make engines  Spark, Dask and Polars, for the tests and the benchmark of transactions"
	@echo "make bundle  all that a closed network installs from, in one folder: dist/r57-bundle"
	@echo "make soak    kill the publishing of a month five hundred times; two years of months in fast time"
	@echo "make lock    resolve the dependencies of pyproject.toml again"
	@echo "make vega    bundle what draws the charts of pages again"
	@echo "make clean   remove .venv, caches and built files"

report: ARGS ?= --language both
report: setup
	@$(BIN)/r57 report $(ARGS)

dashboards: setup
	@exec $(BIN)/r57 serve $(ARGS)

check: setup
	@$(BIN)/r57 check $(ARGS)

lab: setup
	@exec $(BIN)/r57 lab -- $(ARGS)

# Lint and types are looked at beside the tests, which leave a core idle now and then. What shares a server or another
# costly thing is one group of tests, and no two workers make it. What starts servers and processes waits a third of its
# time: six workers keep two cores busy. The quick tests never wait.
PYTEST := $(BIN)/pytest --dist loadgroup --no-loadscope-reorder

test: python
	@$(MAKE) --no-print-directory -j2 linted tested

# What needs no browser, no server, no engine and no whole month: three minutes on two cores.
quick: python
	@$(MAKE) --no-print-directory -j2 linted glanced

# With the engines of transactions, the bundle and the soak.
test-all: test test-engines test-bundle soak

# Spark, Dask and Polars: an environment of 1 GB and two minutes, for what seldom changes. `.ci/run` says when.
test-engines: engines
	$(SAY) "tests of other engines"
	@$(BIN)/pytest -m engines $(PYTEST_ARGS)

# What pytest makes of the tests before it runs them, which in a new clone every worker would make for itself.
rewritten: setup
	@[ -d tests/__pycache__ ] || $(BIN)/pytest --collect-only -q >/dev/null

.PHONY: linted tested glanced rewritten equipped
linted: setup script
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict r57lib
	@$(BIN)/deptry r57lib notebooks && $(BIN)/deptry tests --ignore DEP002,DEP004  # tests may import what is for them

tested: setup equipped rewritten
	@$(PYTEST) -n $(or $(WORKERS),6) -m "not engines and not soak and not bundle" $(PYTEST_ARGS)

glanced: setup rewritten
	@$(PYTEST) -n $(or $(WORKERS),$(shell nproc)) -m "not browser and not server and not whole and not engines and not soak and not bundle" $(PYTEST_ARGS)

# The scripts of a page run as they stand: Node checks them where it is, and nothing else needs it.
.PHONY: script
ifneq ($(shell command -v npm 2>/dev/null),)
script: node_modules/.lock
	@node_modules/.bin/biome check --error-on-warnings
	@node_modules/.bin/tsc --project .
else
script:
	$(SAY) "scripts of pages are not checked: npm is missing (Node 20 brings it)"
endif

node_modules/.lock: package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# One after the other: two calls of apt-get shut each other out.
equipped:
	@for each in chromium nginx; do $(MAKE) --no-print-directory $$each || exit 1; done

# The small Vega of pages, after its versions or what it knows have changed: what it makes is kept in the repository.
.PHONY: vega
vega:
	@cd vega && npm ci --no-audit --no-fund --loglevel=error && node build.mjs

soak: setup
	@$(BIN)/python -m tests.soak $(ARGS)
	@$(BIN)/pytest -m soak

# --- set-up ---------------------------------------------------------------------------------------------------------

setup: $(VENV)/.project

# A changed lock, or another, means a new environment: nothing that it no longer names stays behind.
ifneq ($(LOCK),$(LOCKED))
.PHONY: $(VENV)/.lock
endif
$(VENV)/.lock: $(LOCK)
	@$(MAKE) --no-print-directory python
	$(SAY) "making $(VENV) (under a minute, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' $< > $(VENV)/uv.txt
	@{ [ -s $(VENV)/uv.txt ] && $(PIP) install --no-deps --require-hashes -r $(VENV)/uv.txt && $(UV) -r $<; } || \
		$(PIP) install --compile --no-deps --require-hashes -r $<
	@grep -q '^setuptools==' $< || $(PIP) uninstall --yes setuptools  # what Python brings is years old
	@echo $< > $@

# What the extension of JupyterLab is made of: it is installed beside the package, and again when one of these changes.
LAB := hatch_build.py $(addprefix r57lib/,page/lab.py page/static/page.css charts/theme.py) $(wildcard r57lib/page/static/lab/*)

$(VENV)/.project: pyproject.toml $(VENV)/.lock $(LAB)
	@$(PIP) install --compile --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q r57lib
	@touch $@
	$(SAY) "$(VENV) is ready"

# The engines of transactions have an environment of their own: 1 GB, and pandas behaves differently where Arrow is.
ENGINES := .venv-engines
.PHONY: engines
engines: java $(ENGINES)/.lock

$(ENGINES)/.lock: requirements-engines.lock
	@$(MAKE) --no-print-directory python
	$(SAY) "making $(ENGINES), for the tests of other engines (two minutes, once)"
	@$(PYTHON) -m venv --clear $(ENGINES)
	@$(ENGINES)/bin/python -m pip --disable-pip-version-check --no-input -qq install --no-compile --no-deps --require-hashes \
		-r requirements-engines.lock
	@touch $@

# Runs a command as root: as it is, through sudo that asks nothing, or not at all.
define AS_ROOT
as_root() { \
	if [ "$$(id -u)" = 0 ]; then "$$@"; \
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$$@"; \
	else return 1; fi; }; \
apt_install() { \
	command -v apt-get >/dev/null && as_root true && echo "r57: apt-get install $$*" && \
	as_root apt-get update -qq >/dev/null && \
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$$@" >/dev/null; }
endef

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "r57: Python 3.11 or newer is needed, and '$(PYTHON)' is not that: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(AS_ROOT); \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		apt_install "$$package" && $(PYTHON) -c 'import ensurepip, venv' || { \
		echo "r57: this Python cannot make environments: sudo apt-get install $$package" >&2; exit 1; }; }

# The shell without windows does half the work for the same page. Not every distribution has it: then the whole one.
chromium:
	@there() { for each in $(or $(CHROMIUM),/usr/bin/chromium-headless-shell /usr/bin/chromium); do \
		[ ! -x "$$each" ] || return 0; done; return 1; }; \
	there || { $(AS_ROOT); apt_install chromium-headless-shell || apt_install chromium; there; } || { \
		echo "r57: the tests of pages need Chromium: sudo apt-get install chromium (or make test CHROMIUM=/path/to/it)" >&2; \
		exit 1; }

# The tests start nginx themselves, on ports of their own: no service may start with the package, now or with the machine.
# Not named NGINX: nginx takes a variable of that name for sockets that it inherits.
.PHONY: nginx
export R57_NGINX ?= /usr/sbin/nginx
nginx:
	@{ [ -x "$(R57_NGINX)" ] && command -v openssl >/dev/null; } || { $(AS_ROOT); policy=/usr/sbin/policy-rc.d; made=; \
		[ -e $$policy ] || [ -x "$(R57_NGINX)" ] || { made=$$policy; \
			as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$$policy && chmod 755 $$policy"; }; \
		apt_install nginx openssl; \
		[ -z "$$made" ] || { as_root rm -f $$policy; \
			[ ! -d /run/systemd/system ] || as_root systemctl --quiet disable nginx.service; }; \
		[ -x "$(R57_NGINX)" ] && command -v openssl >/dev/null; } || { \
		echo "r57: the tests of deploy/ need nginx: sudo apt-get install nginx openssl (or make test R57_NGINX=/path/to/it)" >&2; \
		exit 1; }

# Spark runs on Java 17 or 21.
.PHONY: java
java:
	@command -v java >/dev/null || { $(AS_ROOT); \
		apt_install openjdk-17-jre-headless || apt_install openjdk-21-jre-headless; \
		command -v java >/dev/null; } || { \
		echo "r57: the test of Spark needs Java 17 or 21: sudo apt-get install openjdk-17-jre-headless" >&2; exit 1; }

# --- upkeep ---------------------------------------------------------------------------------------------------------

# Keeps the versions that still fit; LOCK_ARGS=--upgrade takes the newest, LOCK_ARGS="--upgrade-package NAME" one.
# environment.yml gets the same versions without hashes: pip takes no local package beside hashes.
COMPILE = .venv-lock/bin/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(LOCK_ARGS)
lock: python
	@[ -x .venv-lock/bin/uv ] || { $(PYTHON) -m venv --clear .venv-lock && \
		.venv-lock/bin/python -m pip install -qq --disable-pip-version-check uv; }
	@$(COMPILE) $(addprefix --extra ,chat cluster exports slides stores) --group build --output-file requirements.lock pyproject.toml
	@$(COMPILE) --all-extras --group dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	@$(COMPILE) --group pyproject.toml:engines --constraint requirements-dev.lock --output-file requirements-engines.lock
	@{ sed '/^      - -e \.$$/q' environment.yml; \
		sed -nE 's/^([A-Za-z0-9][^ ]*==[^ ]+)( ; .*[^ \\])? *\\$$/      - "\1\2"/p' requirements-dev.lock; } > environment.yml.new
	@mv environment.yml.new environment.yml
	$(SAY) "requirements-dev.lock and environment.yml hold $$(grep -c '^      - "' environment.yml) packages"

# For a machine of the same kind and the same Python; fetched by the hashes of requirements.lock.
BUNDLE ?= dist/r57-bundle
.PHONY: bundle test-bundle
bundle: setup
	@deploy/bundle.sh $(BIN)/python $(BUNDLE)

# Makes one, and installs it where there is no network.
test-bundle: setup
	@$(BIN)/pytest -m bundle $(PYTEST_ARGS)

clean:
	rm -rf $(VENV) $(ENGINES) .venv-lock node_modules vega/node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
