# make help lists the targets. Nothing here needs an environment variable; `make demo` and `make test` install what is missing on Debian and Ubuntu.

GO ?= $(or $(shell command -v go 2>/dev/null),$(wildcard /usr/local/go/bin/go),go)
export GO

# The go command keeps its caches below HOME. Where there is none, or none that can be written, they go to a folder of this user's below /tmp.
ifneq ($(shell [ -n "$$HOME" ] && mkdir -p "$$HOME" 2>/dev/null && [ -w "$$HOME" ] && echo yes),yes)
export HOME := $(or $(TMPDIR),/tmp)/eddy-home-$(shell id -u)
endif

# cgo is off by default where no gcc was found when Go was set up or CC says otherwise; only the builds that are meant to be without it turn it off.
export CGO_ENABLED := 1

RACE := ./internal/par ./internal/kernel ./datasets/... ./operators/... $(addsuffix /...,$(wildcard ./rollout ./internal/cli))
FUZZTIME ?= 30s

.DEFAULT_GOAL := help
.PHONY: help setup build demo test lint fmt generate fuzz bench bench-burgers bench-datasets bench-gp bench-ks bench-memory bench-metrics bench-ns bench-peers notebooks clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## check for Go, a C compiler and HDF5; install the last two where apt-get can
	@sh internal/tools/setup.sh

build: setup ## build bin/eddy
	$(GO) build -o bin/eddy ./cmd/eddy

demo: build ## solve, train, roll out, judge: demo/report.html, and turbulence in demo/flow/ (under 6 minutes on two cores)
	sh examples/demo.sh

test: setup ## everything that must hold, in under 15 minutes on two cores; needs no lint tool
	CGO_ENABLED=0 $(GO) build ./...
	$(GO) vet ./...
	$(GO) test ./...
	$(GO) test -race -short $(RACE)
	$(GO) test -tags noasm ./internal/kernel/... ./internal/dft/...
	sh notebooks/run.sh --small

TOOL := $(GO) tool -modfile=internal/tools/go.mod

lint: setup ## format, linters, tidy module files, generated files up to date
	@out=$$($(TOOL) gofumpt -extra -l .) && { test -z "$$out" || { echo "not formatted (make fmt): $$out" >&2; exit 1; }; }
	$(TOOL) golangci-lint run ./...
	$(GO) mod tidy -diff
	cd internal/tools && $(GO) mod tidy -diff
	cd notebooks && $(GO) mod tidy -diff
	@before=$$(git status --porcelain) && $(GO) generate ./... && test "$$before" = "$$(git status --porcelain)" || { echo "go generate changed files: commit them" >&2; exit 1; }

fmt: ## format the Go files
	$(TOOL) gofumpt -extra -w .

fuzz: setup ## every fuzz target for FUZZTIME (30s)
	@set -e; $(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | while read -r pkg; do \
		for target in $$($(GO) test -list '^Fuzz' "$$pkg" | grep '^Fuzz' || true); do \
			echo "== $$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$pkg"; \
		done; \
	done

bench: setup ## benchmarks of the kernels, layers, transforms and a training step
	$(GO) test -run '^$$' -bench . -benchmem ./internal/... ./operators/... ./datasets/... ./rollout/...

bench-burgers: setup ## the FNO paper's Burgers task; MEAN=0 takes the random mean out, PEER=PYTHON trains neuraloperator beside it
	sh benchmarks/burgers.sh

bench-datasets: setup ## the tables of benchmarks/datasets.md; H5PY, EXPONAX, JAXCFD name interpreters with those packages
	sh benchmarks/datasets.sh

bench-ks: setup ## does PDE-Refiner pay on two cores? hours; what is done stays
	$(GO) run ./benchmarks/ks data && $(GO) run ./benchmarks/ks train && $(GO) run ./benchmarks/ks measure && $(GO) run ./benchmarks/ks report

bench-metrics: setup ## the page benchmarks/metrics.md: every metric beside the originals, and its cost
	$(GO) test ./rollout/metric -run Originals -table ../../benchmarks/metrics.md

bench-ns: setup ## the FNO paper's Navier-Stokes task; STEPS=6000 for a shorter training
	sh benchmarks/ns.sh

bench-memory: setup ## resident memory of trainings: a 10 GB file, thousands of steps
	$(GO) run ./benchmarks/memory

bench-gp: setup ## the table of benchmarks/gp.md
	sh benchmarks/gp.sh

bench-peers: build ## side by side with other toolkits (needs Python; see benchmarks/README.md)
	sh benchmarks/peers.sh

notebooks: setup ## execute the notebooks in full (make test does so with small numbers)
	sh notebooks/run.sh

clean: ## remove what make demo and make build left
	rm -rf demo bin
