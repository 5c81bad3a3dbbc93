# Two commands: `make demo` and `make test`. Each sets up .venv by itself from a Python >= 3.11 with pip.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow bench docs lint format constraints clean

demo: .venv/ready
	$(BIN)/silentnps demo demo

test: .venv/ready
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-slow: .venv/ready
	$(BIN)/python -m pytest -m slow

# Every benchmark that needs no data of others, at a small size.
bench: .venv/ready
	for name in simulate features explanation classifiers "scale features" "scale score" nightly large_estimate; do \
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

.venv/ready: constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch .venv/ready

# Pin every dependency again; the file holds hashes and no address. Without --build-deps-for pip-compile reads
# pyproject.toml by itself and loses the markers of extras.
constraints: .venv/ready
	$(BIN)/pip-compile --quiet --extra dev --extra docs --extra benchmark --build-deps-for wheel --no-build-isolation \
		--generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file constraints.txt pyproject.toml

clean:
	rm -rf .venv demo out site
