# The commands of this repository. Everything is installed into .venv; nothing else on the machine is touched.
#
# PYTHON      the interpreter that .venv is made from (3.11 or newer):   make install PYTHON=python3.12
# TORCH_SPEC  what pip installs as PyTorch. On Linux the default is the CUDA build. For the much smaller CPU
#             build, name PyTorch's CPU package index (its installation page gives the address) or a wheel file:
#             make install PIP_EXTRA_INDEX_URL=<address>        make install TORCH_SPEC=<path to the wheel>

PYTHON ?= python3
TORCH_SPEC ?= torch==2.13.0

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq
INSTALLED := $(VENV)/.installed
BENCHMARK_INSTALLED := $(VENV)/.installed-benchmark

# One BLAS thread for each test process: more only get in each other's way.
TEST_ENV := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 MPLBACKEND=Agg
WORKERS = $(shell $(BIN)/python -c "import os; print('-n 2' if (os.cpu_count() or 1) > 1 else '')")
PYTEST = $(TEST_ENV) $(BIN)/python -m pytest -q $(WORKERS)

.DEFAULT_GOAL := help
.PHONY: help install demo test test-all lint benchmark benchmark-full clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

install: $(INSTALLED)  ## make .venv and install the kit with everything that the commands below need

# The version stands in the package, so that a new one must reach the installed metadata.
$(INSTALLED): pyproject.toml causalkit/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "$(PYTHON) is not Python 3.11 or newer; name one that is: make install PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make virtual environments; install its venv module first"; exit 1; }
	@echo "Installing causalkit and its dependencies into $(VENV) (a few minutes the first time) ..."
	@$(PIP) "$(TORCH_SPEC)"
	@$(PIP) torch-geometric -e ".[cli,data,plot,test,dev]"
	@touch $@

demo: install  ## answer four questions; tables, figures and a report go to demo/
	@$(BIN)/causalkit effects --data hiv-incentives --out demo/hiv-incentives
	@$(BIN)/causalkit effects --data social-insurance --out demo/social-insurance
	@$(BIN)/causalkit discover --data hiv-incentives --out demo/hiv-causes
	@$(BIN)/causalkit subset --out demo/subset
	@echo "Reports: demo/hiv-incentives/report.html, demo/social-insurance/report.html, demo/hiv-causes/report.html,"
	@echo "         demo/subset/report.html"

test: install  ## run the tests and the examples in the docstrings
	@$(PYTEST)

test-all: install  ## the same, and the slow simulation studies
	@$(PYTEST) -m ""

lint: install  ## check style, formatting and types
	@$(BIN)/ruff check -q --output-format concise .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy

# Two threads for every library, so that all solvers have the same two cores; threads that wait do not spin, so that
# another process on the machine costs little.
#   make benchmark BENCHMARKS=de_finetti                      one of them
#   make benchmark-full PARTS="stages paper_published"        some parts only
#   make benchmark-full AGAIN=1                               parts that have their figures, too
BENCHMARK_ENV := OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 MKL_NUM_THREADS=2 OMP_WAIT_POLICY=PASSIVE
RUN_BENCHMARKS = $(BENCHMARK_ENV) $(BIN)/python benchmarks/run.py $(1) --benchmarks $(BENCHMARKS) --parts $(PARTS) \
	$(if $(AGAIN),--again)

benchmark: $(BENCHMARK_INSTALLED)  ## compare with other methods on every question (short version, minutes)
	@$(call RUN_BENCHMARKS,short)

benchmark-full: $(BENCHMARK_INSTALLED)  ## every world and all seeds, some hours; writes benchmarks/*/RESULTS.md
	@$(call RUN_BENCHMARKS,full)

$(BENCHMARK_INSTALLED): $(INSTALLED)
	@echo "Installing the benchmark's own dependencies ..."
	@$(PIP) -e ".[benchmark]"
	@touch $@

clean:  ## remove what the commands wrote; .venv stays
	@rm -rf build dist demo .hypothesis .mypy_cache .pytest_cache .ruff_cache benchmarks/*/outputs docs/_build
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
