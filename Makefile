# Each target makes its own environment first, from the lock, and only when the lock has changed.
PYTHON ?= python3
VENV := .venv
LOCK := envs/requirements.lock
TORCH := envs/torch.lock
CORES ?= all
STUDY ?= smollm2
IN_ENV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
CODE := Snakefile workflow/rules
PACKAGE := src/recycling

.PHONY: run methods replay composition word_lists preconditions test test-slow test-slurm test-faults lint report reference lock configuration licences clean-env
.DEFAULT_GOAL := run

run: $(VENV)/ready ## the default study, to results/smollm2/
	$(IN_ENV) snakemake --cores $(CORES)

test: $(VENV)/ready lint ## lint, unit tests, the toy study end to end, kill and resume
	$(IN_ENV) pytest -n logical --dist worksteal
	$(IN_ENV) pytest -n logical --dist loadfile -m workflow

test-slow: $(VENV)/ready
	$(IN_ENV) pytest -m slow

test-slurm: $(VENV)/ready ## the toy study through a real SLURM, with every fault of a cluster
	$(IN_ENV) pytest -m slurm tests/slurm

test-faults: $(VENV)/ready ## kills, full disks, damaged files; KILLS=50 runs
	$(IN_ENV) pytest -m faults

lint: $(VENV)/ready
	$(IN_ENV) ruff check .
	$(IN_ENV) ruff format --check .
	$(IN_ENV) snakefmt --check --compact-diff $(CODE)
	$(IN_ENV) mypy $(PACKAGE)
	$(IN_ENV) snakemake --lint

report: $(VENV)/ready ## results/smollm2/report.zip
	$(IN_ENV) snakemake --report report.zip

methods: $(VENV)/ready ## every method, control and experiment once, to results/smollm2_methods/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/smollm2_methods.yaml

replay: $(VENV)/ready ## the published tables through our statistics, to results/replay/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/replay.yaml

composition: $(VENV)/ready ## when two adapters know together what neither knows alone, to results/composition/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/composition.yaml

word_lists: $(VENV)/ready ## when two adapters solve together what needs the words of both, to results/word_lists/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/word_lists.yaml

preconditions: $(VENV)/ready ## would these adapters answer two-hop questions together? to results/preconditions/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/preconditions.yaml

reference: $(VENV)/ready ## tables, figures and provenance of a finished run of STUDY, to be committed
	$(IN_ENV) python tools/copy_reference.py results/$(STUDY) results/reference/$(STUDY)

lock: $(VENV)/ready ## renew the lock from requirements.in
	$(VENV)/bin/python -m pip install --quiet uv
	$(IN_ENV) python envs/lock.py

configuration: $(VENV)/ready ## docs/configuration.md and the JSON schemas of study files
	$(IN_ENV) python tools/describe_configuration.py

licences: $(VENV)/ready ## docs/licences.md
	$(IN_ENV) python envs/licences.py

# The library, in place: Python finds it in src/ from every folder.
$(VENV)/ready: $(VENV)/locked pyproject.toml
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(VENV)/bin/python -m pip check
	touch $@

# Hashes first, without dependencies: all of them are in the lock. Then torch, which finds its own.
$(VENV)/locked: $(LOCK) $(TORCH)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version)'
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --no-deps --require-hashes --requirement $(LOCK)
	$(VENV)/bin/python -m pip install --quiet --requirement $(TORCH)
	touch $@
