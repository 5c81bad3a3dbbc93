# Two commands: `make demo` and `make test`. Each sets up .venv by itself from a Python >= 3.11 with pip.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

# Modules are compiled when they are first imported, so Python has to keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-slow bench docs lint format constraints clean

demo: .venv/run
	$(BIN)/silentnps demo demo

# One process a core: threads of BLAS and OpenMP on top would wait for each other, a fifth of the time of a training.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

test: .venv/ready
	$(PYTEST) -m "not slow"

test-slow: .venv/ready
	$(PYTEST) -m slow

# Every benchmark that needs no data of others, at a small size.
bench: .venv/ready
	for name in first_run simulate features explanation classifiers "scale features" "scale score" nightly large_estimate onboarding validation damaged; do \
		echo "== $$name"; set -- $$name; $(BIN)/python benchmarks/$$1.py $$2 --small || exit 1; \
	done

# The pages of docs/ and the docstrings as a site in site/; a broken link or a docstring that cannot be read fails.
docs: .venv/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean --quiet

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What `make demo` needs is installed first, uncompiled, in a third of the time; whatever else is asked for completes the
# same .venv.
.venv/run: constraints-run.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes --requirement constraints-run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch .venv/run

# Tests turn warnings into errors, also those that Python gives on compiling a module: all are compiled beforehand.
.venv/ready: .venv/run constraints.txt
	$(PIP) --require-hashes --requirement constraints.txt
	PYTHONWARNINGS=ignore $(BIN)/python -m compileall -qq -j 0 .venv/lib || true  # some packages ship files that do not compile
	touch .venv/ready

# Pin every dependency again, then those of the run time at the same versions; the files hold hashes and no address.
# Without --build-deps-for pip-compile reads pyproject.toml by itself and loses the markers of extras.
PIN = $(BIN)/pip-compile --quiet --build-deps-for editable --no-build-isolation --generate-hashes --allow-unsafe \
	--strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

constraints: .venv/ready
	$(PIN) --extra dev --extra docs --extra benchmark --output-file constraints.txt pyproject.toml
	cp constraints.txt constraints-run.txt
	$(PIN) --output-file constraints-run.txt pyproject.toml

clean:
	rm -rf .venv demo out site
