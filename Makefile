# Signalbox. `make` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The same flags everywhere: other flags would compile every dependency again.
GO := go
TOOL := $(GO) tool -modfile=tools.mod
TEST_FLAGS ?=
# Two packages at a time: each test may start PostgreSQL, Chromium and sandboxes.
TEST_PARALLEL ?= 2
BENCH ?= .
FUZZ_TIME ?= 10m

ASSET_SOURCES := $(wildcard web/assets/src/*) web/plot/chart.css web/assets/package.json web/assets/package-lock.json web/assets/build.mjs
GUEST_SOURCES := $(shell find measures sdk plugins -name '*.go' -not -name '*_test.go' -not -path '*/built/*') \
	$(wildcard plugins/library/*/manifest.json plugins/library/*/*.rs plugins/library/*/*.ts plugins/library/*/*.c sdk/c/*.h sdk/rust/*.rs sdk/assemblyscript/*.ts)
ASSETS := web/assets/built/manifest.json
PLUGINS := plugins/library/built/index.json
ASC := sdk/assemblyscript/node_modules/.package-lock.json
# Tests want every language; scripts/setup brings the compilers on Debian only.
TOOLCHAINS := $(if $(filter Linux,$(shell uname -s)),required,optional)

.PHONY: help run test race build check golden bench soak generate plugins assets screenshots clean

help: ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## set up what is missing, build, and start with demonstration data on http://127.0.0.1:8080
	@scripts/setup run
	@$(MAKE) --no-print-directory build
	@exec bin/signalbox serve --demo

build: $(ASSETS) $(PLUGINS) ## the whole program, assets and plugins inside: bin/signalbox
	@[ -d "$$($(GO) env GOCACHE)/00" ] || echo "The first build compiles everything and takes some minutes."
	$(GO) build -o bin/signalbox ./cmd/signalbox

test: ## set up what tests need, then run them all, browser tests included
	@scripts/setup test
	@! grep -qs left_out $(PLUGINS) || rm $(PLUGINS) # the compiler may have come since
	@$(MAKE) --no-print-directory $(ASSETS) $(PLUGINS) PLUGIN_FLAGS=$(if $(filter required,$(TOOLCHAINS)),-strict)
	SIGNALBOX_BROWSER=required SIGNALBOX_DATABASE=required SIGNALBOX_TOOLCHAINS=$(TOOLCHAINS) SIGNALBOX_REGISTRY=$(TOOLCHAINS) $(GO) test -p $(TEST_PARALLEL) -timeout 20m $(TEST_FLAGS) ./...

race: build ## the tests that need no browser under the race detector, sandboxes without it
	@scripts/setup race
	CGO_ENABLED=1 SIGNALBOX_SANDBOX=$(CURDIR)/bin/signalbox SIGNALBOX_DATABASE=required $(GO) test -race -p $(TEST_PARALLEL) -timeout 30m \
		./measures/... ./sdk/... ./policy/... ./plugins/... ./internal/...

check: $(ASSETS) $(PLUGINS) ## format, vet, lint, import floors, generated code, policy tests
	@scripts/check

golden: ## check the statistics against other tools' figures, and report by family
	@scripts/golden

bench: $(ASSETS) $(PLUGINS) ## benchmarks; BENCH=Sandbox runs those that match
	@scripts/setup run
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -p 1 -timeout 60m ./... | grep -vE '^(ok|PASS|\?)|no test files'

soak: $(ASSETS) $(PLUGINS) ## fuzz every decoder, FUZZ_TIME each (10m unless told), then run many jobs
	@scripts/setup run
	@FUZZ_TIME=$(FUZZ_TIME) scripts/soak

generate: ## write *_templ.go again from the .templ files
	$(TOOL) templ generate

plugins: $(PLUGINS) ## build the library's plugins, as far as this machine has compilers
assets: $(ASSETS) ## build the front-end files from npm packages

screenshots: build ## pictures of the main pages, in docs/pictures
	@scripts/setup test
	SIGNALBOX_BROWSER=required SIGNALBOX_SCREENSHOTS=$(CURDIR)/docs/pictures $(GO) test -count=1 -run TestScreenshots ./cmd/signalbox

clean: ## remove what was built
	rm -rf bin web/assets/node_modules sdk/assemblyscript/node_modules
	find web/assets/built plugins/library/built -type f -not -name .gitkeep -delete

$(ASSETS): $(ASSET_SOURCES)
	@scripts/setup build
	cd web/assets && npm ci --ignore-scripts --no-audit --no-fund --silent && node build.mjs

$(PLUGINS): $(GUEST_SOURCES) $(ASC)
	$(GO) run ./plugins/library/build $(PLUGIN_FLAGS)

$(ASC): sdk/assemblyscript/package.json sdk/assemblyscript/package-lock.json
	@scripts/setup build
	cd sdk/assemblyscript && npm ci --ignore-scripts --no-audit --no-fund --silent
