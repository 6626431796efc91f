# Every target is a script of scripts/ (docker/Dockerfile runs the same ones); each says at its top what it takes.
#
#   make demo [PAIR=folder [RESOLUTION_M=0.5]] [PORT=8000] [HOST=127.0.0.1]
#   DATABASE_URL=postgresql://… points at another PostGIS
#   make test [ARGS='tests/geo -k measure']                  make lint, make bench, make soak …

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo stop test lint bench bench-diff bench-learning test-training soak screenshots database messages lock clean

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

demo: ## set up, load the demo town, run the main job, start web server and worker
	@PAIR='$(PAIR)' RESOLUTION_M='$(RESOLUTION_M)' scripts/demo

stop: ## stop what `make demo` or `make database` started
	@scripts/stop

test: ## everything: lint, unit, database and browser tests
	@scripts/test $(ARGS)

lint: ## ruff, mypy, import-linter, djlint, migrations, translations, shell, TypeScript
	@scripts/setup && { [ -n "$$DATABASE_URL$$DATABASE_URL_FILE" ] || scripts/cluster start; } && scripts/lint

bench: ## print the benchmark tables (bench/*.py)
	@scripts/bench

bench-diff: ## only the table of how well changes are found (docs/change-detection.md)
	@scripts/bench diff

bench-learning: ## what reviews of a place that the model never saw bring (docs/change-detection.md)
	@scripts/training-env && TRAINING_PYTHON=$(CURDIR)/.local/training/bin/python scripts/bench learning

test-training: ## the tests that need PyTorch, in an environment of their own
	@scripts/training-env && TRAINING_PYTHON=$(CURDIR)/.local/training/bin/python scripts/test tests/geo/imagery/test_learning.py

soak: ## kill workers at random during diff runs and compare the flags (MINUTES=10 SEED=1)
	@scripts/soak

screenshots: ## every page on phone and desk, light and dark, Chinese and English, into build/screenshots
	@scripts/screenshots

database: ## only the private database, for work with manage.py (scripts/with-env .venv/bin/python manage.py …)
	@scripts/setup && scripts/cluster start && scripts/cluster status

messages: ## collect texts to translate into the .po files
	@scripts/make-messages

lock: ## renew requirements.txt and docker/requirements.txt from pyproject.toml
	@scripts/lock

clean: ## stop everything and remove what was made: environment, private database, uploads
	@scripts/stop
	@rm -rf .venv .local geo/frontend/node_modules geo/frontend/dist staticfiles
	@find media -mindepth 1 ! -name README.md -delete
