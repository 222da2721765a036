# SPDX-License-Identifier: Apache-2.0
# Needs a POSIX system with Node.js 20 or newer, npm and make; everything else is installed below this folder.
NODE := tools/bin/node24
STAMP := node_modules/.installed
SHELL := /bin/sh

.DEFAULT_GOAL := help
.PHONY: help up test verify fix e2e processes sim images clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-9s %s\n", $$1, $$2 }'

up: $(STAMP) ## Start three nodes here, create a link and follow it; Ctrl-C stops them
	@$(NODE) tools/up.ts

test: $(STAMP) ## Run everything that CI runs
	@$(NODE) tools/run-tests.ts all

verify: $(STAMP) ## Check format, lint, types, layers, generated files and unit tests; changes nothing
	@$(NODE) tools/run-tests.ts verify

fix: $(STAMP) ## Format, fix what the linter can, and generate what is generated
	@$(NODE) tools/fix.ts

e2e: $(STAMP) ## Run the scenarios on Kubernetes, in a kind cluster of their own; LEVEL=smoke, full or soak
	@LEVEL=$(LEVEL) $(NODE) tools/run-tests.ts kubernetes

processes: $(STAMP) ## Run the tests that start real nodes, and those of the operator with them
	@$(NODE) tools/run-tests.ts all processes

sim: $(STAMP) ## Run the deterministic simulator on the seeds of CI
	@$(NODE) tools/run-tests.ts all sim

LEVEL ?= smoke

# Of the images: shortlink/node:$(TAG) and shortlink/operator:$(TAG).
TAG ?= dev
IMAGE_ARGS = --build-arg VERSION=$(TAG) --build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown)

images: ## Build shortlink/node and shortlink/operator with Docker; TAG=dev, DOCKER_FLAGS for docker build
	docker build $(DOCKER_FLAGS) $(IMAGE_ARGS) --target node --tag shortlink/node:$(TAG) .
	docker build $(DOCKER_FLAGS) $(IMAGE_ARGS) --target operator --tag shortlink/operator:$(TAG) .

clean: ## Remove what was installed and what make up left
	rm -rf node_modules .reports .data

$(STAMP): package.json package-lock.json $(wildcard */package.json)
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
