# Every command a newcomer needs; each installs what it lacks. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

NODE := node_modules/.bin/node
INSTALLED := node_modules/.package-lock.json

.PHONY: help install run test check test-api e2e faults bench golden format clean

help: ## List the commands
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

$(INSTALLED): package.json package-lock.json
	@echo "installing npm packages"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $(INSTALLED)

.tools/nginx:
	@bin/install-nginx

install: $(INSTALLED) .tools/nginx ## Install npm packages and a project-local NGINX

run: install ## Serve examples/ on http 8080 and https 8443
	@exec bin/gatehouse serve examples --echo --echo-at 127.0.0.1:8000

check: $(INSTALLED) ## Types, lint, format and import rules: seconds
	@$(NODE) --run check

test: install check ## Everything: check, unit tests, cases, and tests against a real NGINX
	@$(NODE) --run test

test-api: $(INSTALLED) ## Sources, status, Events and election against a real API server (ETCD, KUBE_APISERVER or KUBEBUILDER_ASSETS)
	@$(NODE) --test e2e/api/api.test.ts

e2e: $(INSTALLED) ## On a real cluster: that of KUBECONFIG with GATEHOUSE_E2E_IMAGE, or one made by kind and Docker
	@e2e/cluster/run

faults: install ## Faults one at a time under steady load; FAULTS=long for the long form
	@$(NODE) e2e/faults/main.ts

golden: install ## The recorded answers in GATEHOUSE_GOLDEN are compared with ours
	@$(NODE) e2e/golden/main.ts

bench: install ## What size, change and requests cost: JSON in bench/results, docs/benchmarks.md and its plot
	@$(NODE) bench/scale.ts && $(NODE) bench/change.ts && $(NODE) bench/dns.ts && $(NODE) bench/dataplane.ts && $(NODE) bench/page.ts

format: $(INSTALLED) ## Format the sources
	@$(NODE) --run format

clean: ## Remove what install and the builds made
	rm -rf node_modules dist .tools
