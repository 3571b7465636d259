# `make` lists the targets, in the order in which a contributor needs them.

GO          ?= go
PYTHON      ?= python3
PREFIX      ?= /usr/local
LIPTRACK    := bin/liptrack
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME    ?= 1m

# In Go 1.26, SIMD intrinsics are an experiment; without them, internal/vec uses portable kernels.
ifndef GOEXPERIMENT
export GOEXPERIMENT := $(if $(findstring go1.26,$(shell $(GO) version 2>/dev/null)),simd)
endif

.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## check that Go is recent enough, and install a fast matrix library if possible
	@scripts/need-go "$(GO)"
	@scripts/setup

demo: setup build ## the main job: train, track and report the double descent over width
	@$(LIPTRACK) sweep configs/demo.yaml --overwrite

test: setup ## all tests
	$(GO) test ./...

build: ## build bin/liptrack
	@scripts/need-go "$(GO)"
	@$(GO) build -o $(LIPTRACK) ./cmd/liptrack

install: build ## copy the program to PREFIX/bin (default /usr/local/bin)
	@install -d "$(DESTDIR)$(PREFIX)/bin"
	@install -m 755 $(LIPTRACK) "$(DESTDIR)$(PREFIX)/bin/liptrack"

man: build ## write the manual pages to man/man1
	@$(LIPTRACK) man man/man1

keys: ## write docs/keys.md from the configuration keys
	@$(GO) test ./cmd/liptrack -run TestKeysPageIsCurrent -update

race: ## the tests of concurrent code, with the race detector
	$(GO) test -race -short -vet=off ./internal/processors ./internal/linalg ./network ./tracker ./trainer ./experiments ./audit ./watch

check: ## what CI checks in addition to the tests: format, style, vet, staticcheck, race detector, builds, a run of the main job
	@scripts/check "$(STATICCHECK)"

sound: ## check every bound on thousands of deep and wide random networks
	@LIPTRACK_SOUND=3000 $(GO) test ./internal/bounds -run 'SoundDeep|SandwichSound' -timeout 0 -v
	@LIPTRACK_SOUND=300 $(GO) test ./audit -run 'Holds|Contradicts|NeverMore' -timeout 0 -v

fuzz: ## fuzz every parser, each for a minute (FUZZTIME=...)
	@scripts/fuzz "$(FUZZTIME)"

vuln: ## look for known vulnerabilities in the dependencies
	@scripts/vuln "$(GOVULNCHECK)"

bench: setup ## the table of speeds, including PyTorch's if python has torch (PYTHON=...)
	@$(GO) run ./bench -python "$(PYTHON)"
	@$(GO) run ./bench -scaling

bench-check: setup ## fail if the ratio of any benchmark to the bare step grew by a third
	@$(GO) run ./bench -python "$(PYTHON)" -check

gallery: build ## draw the pictures of docs/gallery from real runs; needs Chromium
	@scripts/gallery.sh

beyond: build ## draw the pictures of docs/beyond from their runs; takes about fifteen minutes
	@scripts/beyond.sh

reproduce: setup build ## run every experiment of the paper in its quick form, and judge each of its claims
	@$(LIPTRACK) reproduce all --budget quick

RUNS = runs
keep: build ## include the results of the runs in RUNS in the program, and rewrite docs/reproduction.md
	@$(LIPTRACK) reproduce all --judge-only --quiet --dir $(RUNS) --keep experiments/claims/evidence >/dev/null
	@$(MAKE) build
	@scratch=$$(mktemp -d) && $(LIPTRACK) reproduce all --judge-only --dir $$scratch >/dev/null && \
		cp $$scratch/reproduction.md docs/reproduction.md; rm -rf $$scratch

release: ## build binaries for Linux, macOS and Windows, with checksums, in dist
	@scripts/release "$(GO)"

clean: ## remove build results and runs
	rm -rf bin dist man runs

.PHONY: help setup demo test build install man keys race check sound fuzz vuln bench bench-check gallery beyond reproduce keep release clean
