.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help install demo registry registry-stop test test-container lint bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## what the other targets need: .venv, skopeo, a registry (they call it themselves)
	@scripts/install

demo: install ## rewrite a sample repository between two local registries, and show what happened
	@python -m scripts.demo

registry: install ## start a backup registry on localhost:5001 that keeps its data in .registry/
	@scripts/registry start

registry-stop: ## stop it; the data stays
	@scripts/registry stop

test: install ## run the tests, on all cores
	@python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

test-container: install ## build the container image and run it; as root, two minutes
	@scripts/install debootstrap buildah
	@python -m pytest tests/ways_in/container.py

lint: install ## ruff, mypy --strict, shellcheck; of what is shipped: zizmor, actionlint, schemas
	@scripts/lint

bench: install ## seconds and ratios, with the target beside each
	@python -m scripts.bench
