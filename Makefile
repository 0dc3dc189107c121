# hosu: see `make help`.
SHELL := /bin/bash
GOFLAGS_TAGS := -tags=duckdb_arrow
export GOFLAGS := $(GOFLAGS) $(GOFLAGS_TAGS)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.1
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PYTHON_ENV := .cache/python

# Real data for the extra tests, when it lies beside the checkout; see CONTRIBUTING.md.
HOSU_TEST_DATA ?= $(shell d=$$(cd ../shared/data 2>/dev/null && pwd) && echo $$d)
export HOSU_TEST_DATA

.DEFAULT_GOAL := help
.PHONY: help build web generate demo test test-go test-web lint screenshots bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: web ## Build bin/hosu, with the web interface when Node.js is there
	@scripts/setup.sh build
	go build -ldflags "-X main.version=$(VERSION)" -o bin/hosu ./cmd/hosu

web: ## Build the web interface, to be embedded into bin/hosu
	@scripts/web.sh

generate: ## Write what is made from Go types: the description of the API and the types of the web interface
	go test ./internal/server -run '^TestOpenAPIIsCurrent$$' -count 1 -update
	cd web && npm run --silent api

demo: build ## Make a demo workspace, run the whole path on it and serve it
	rm -rf .cache/demo
	bin/hosu demo --dir .cache/demo

test: test-go test-web ## Run every test, on real PostgreSQL servers, real foreign readers and a real browser

test-go:
	@scripts/setup.sh test
	HOSU_TEST_PYTHON=$(abspath $(PYTHON_ENV))/bin/python go test -timeout 20m ./...

test-web: ## Test the web interface alone: its parts, then its pages in a browser
	@scripts/setup.sh web browser
	@$(MAKE) --no-print-directory build
	cd web && npm run --silent test && npm run --silent e2e

lint: ## gofmt, go vet, staticcheck; eslint and the types of the web interface
	@scripts/setup.sh build web
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	cd web && npm run --silent lint && npm run --silent typecheck

screenshots: ## Take the pictures of the documentation again
	@scripts/setup.sh web browser
	@$(MAKE) --no-print-directory build
	cd web && HOSU_SCREENSHOTS=1 HOSU_E2E_SCALE=0.3 npm run --silent e2e -- screenshots

bench: ## Print the speed of everything that has a target, as ratios against references of the same run
	@scripts/setup.sh test web browser
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./cmd/hosu ./internal/app ./internal/query ./internal/ingest ./internal/source/postgres ./internal/project
	@$(MAKE) --no-print-directory build
	cd web && HOSU_SPEED=strict npm run --silent e2e -- speed

clean: ## Remove what the targets above made
	rm -rf bin .cache web/dist
	find internal/webui/dist -mindepth 1 ! -name .placeholder -delete
