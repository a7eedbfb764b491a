# Every target first makes the environment .venv, if it is missing or the lock has changed.
PYTHON ?= python3
VENV := .venv
LOCK := envs/requirements.lock
TORCH := envs/torch.lock
CORES ?= all
STUDY ?= smollm2
IN_ENV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
CODE := Snakefile workflow/rules
PACKAGE := src/recycling
# Snakemake, pip and the Hub's client cache below the home folder, and fail where it takes no file.
ifeq ($(shell test -w "$$HOME" && echo writable),)
export XDG_CACHE_HOME ?= $(CURDIR)/.cache
endif

.PHONY: run triage gpu-check gemma methods relevance thousand replay composition rivals word_lists rows preconditions validity bench performance growth test test-slow test-slurm test-faults test-hostile test-report lint report reference verdicts reference-report plan lock configuration tables licences bases help
.DEFAULT_GOAL := run

help: ## show these lines
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/\1: \2/p' Makefile

run: $(VENV)/ready ## run the default study; results/smollm2/
	$(IN_ENV) snakemake --cores $(CORES)

test: $(VENV)/ready lint ## lint, unit tests, and the toy study from end to end
	$(IN_ENV) pytest -n logical --dist worksteal
	$(IN_ENV) pytest -n logical --dist loadfile -m workflow

test-slow: $(VENV)/ready ## tests that take minutes
	$(IN_ENV) pytest -m slow

test-slurm: $(VENV)/ready ## the toy study on a SLURM that is installed here and broken on purpose; needs root
	$(IN_ENV) pytest -m slurm tests/slurm

test-faults: $(VENV)/ready ## kill runs, fill disks, damage files; KILLS=50 kills more
	$(IN_ENV) pytest -m faults

test-hostile: $(VENV)/ready ## everything that strangers were seen to try, see docs/security.md
	$(IN_ENV) pytest -m hostile

test-report: $(VENV)/ready ## the report in a real browser, which root installs on Debian
	$(IN_ENV) pytest -m browser tests/report

lint: $(VENV)/ready ## style and types
	$(IN_ENV) ruff check .
	$(IN_ENV) ruff format --check .
	$(IN_ENV) snakefmt --check --compact-diff $(CODE)
	$(IN_ENV) mypy $(PACKAGE) benchmarks
	$(IN_ENV) snakemake --lint

report: $(VENV)/ready ## pack the default study's figures and statistics into report.zip
	$(IN_ENV) snakemake --report report.zip

gpu-check: $(VENV)/ready ## on a machine with a GPU: is it equal to the processor, and how fast
	$(IN_ENV) snakemake --cores $(CORES) results/smollm2/base/model
	$(IN_ENV) python tools/check_gpu.py results/smollm2/base/model

triage: $(VENV)/ready ## the README's example, 100 labelled rows; needs what `make run` leaves; results/triage/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/triage.yaml

gemma: $(VENV)/ready ## the default study on a base of another family, Gemma 3 270M; results/gemma3_270m/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/gemma3_270m.yaml

methods: $(VENV)/ready ## run every method and control, three trainings of each; results/smollm2_methods/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/smollm2_methods.yaml

rivals: $(VENV)/ready ## what a reviewer would put beside a merge; results/smollm2_rivals/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/smollm2_rivals.yaml

rows: $(VENV)/ready ## where recycling stops paying: 10 to 320 labelled rows; about two hours; results/smollm2_rows/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/smollm2_rows.yaml

relevance: $(VENV)/ready ## does it matter that one adapter is related to the target; results/smollm2_relevance/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/smollm2_relevance.yaml

thousand: $(VENV)/ready ## the paper's experiment at its pool size, 960 adapters; two hours and a quarter; results/smollm2_thousand/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/smollm2_thousand.yaml

replay: $(VENV)/ready ## put the paper's published tables through our statistics; results/replay/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/replay.yaml

composition: $(VENV)/ready ## ask merged adapters questions that need a fact of each; results/composition/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/composition.yaml

word_lists: $(VENV)/ready ## give merged adapters problems that need words of each; results/word_lists/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/word_lists.yaml

preconditions: $(VENV)/ready ## find out whether given adapters answer two-hop questions together; results/preconditions/
	$(IN_ENV) snakemake --cores $(CORES) --configfile workflow/studies/preconditions.yaml

bench: $(VENV)/ready ## time our work beside what others would use, on the default study's base; results/bench/
	$(IN_ENV) snakemake --cores $(CORES) results/smollm2/base/runtime.json
	$(IN_ENV) python -m benchmarks --study results/smollm2 --out results/bench

validity: $(VENV)/ready ## simulate how far the intervals of a study can be relied on, docs/statistics.md
	$(IN_ENV) python tools/simulate_validity.py

plan: $(VENV)/ready ## say what a study would do: jobs, time, disk, requests; STUDY=smollm2, or a file
	$(IN_ENV) recycling plan $(if $(filter %.yaml,$(STUDY)),$(STUDY),$(if $(filter smollm2,$(STUDY)),config.yaml,workflow/studies/$(STUDY).yaml))

reference: $(VENV)/ready ## copy tables and figures of a finished run to results/reference/; STUDY=smollm2
	$(IN_ENV) python tools/copy_reference.py results/$(STUDY) results/reference/$(STUDY)

verdicts: $(VENV)/ready ## write the verdicts of the stored runs anew from their tables, where the wording has changed
	$(IN_ENV) python tools/rewrite_verdicts.py

reference-report: $(VENV)/ready ## write report.html of a stored run whose tables suffice; STUDY=composition
	$(IN_ENV) python tools/report_reference.py $(STUDY) results/reference/$(STUDY) results/$(STUDY)/reference.html

performance: $(VENV)/ready ## write the tables of docs/performance.md and the README from results/reference/bench/
	$(IN_ENV) python tools/describe_performance.py

growth: $(VENV)/ready ## write what 960 adapters take against 96 into docs/performance.md, from results/reference/
	$(IN_ENV) python tools/describe_growth.py

lock: $(VENV)/ready ## write envs/requirements.lock anew from envs/requirements.in
	$(VENV)/bin/python -m pip install --quiet uv
	$(IN_ENV) python envs/lock.py

configuration: $(VENV)/ready ## write docs/configuration.md and the JSON schemas of study files
	$(IN_ENV) python tools/describe_configuration.py

tables: $(VENV)/ready ## write docs/tables.md, what every column of every table means
	$(IN_ENV) python tools/describe_tables.py

licences: $(VENV)/ready ## write docs/licences.md
	$(IN_ENV) python envs/licences.py

bases: $(VENV)/ready ## write docs/bases.md: which families of models can be a base
	$(IN_ENV) python tools/list_bases.py

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
