# Everything a contributor runs. `make` alone lists the targets.
GO       ?= go
LINT     := .cache/bin/golangci-lint

.DEFAULT_GOAL := help
.PHONY: help setup test lint generate check bench soak clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what tests need and this machine lacks (Debian, as root)
	@./scripts/setup

test: setup ## run all tests, the short fault suite and the browser tests
	@./scripts/test

soak: setup ## run the full fault suite; takes long
	JOBGEN_SOAK=1 $(GO) test -count=1 -timeout 4h -v ./internal/faulttest
	JOBGEN_MYSQLD=$$(./scripts/sid mysqld) JOBGEN_SOAK=1 $(GO) test -count=1 -timeout 1h -run "Killed|MySQL" -v ./storage/sqlitestore ./storage/mysqlstore
	valkey=$$(./scripts/sid valkey-server); [ -z "$$valkey" ] || JOBGEN_REDIS_SERVER=$$valkey $(GO) test -count=1 -timeout 1h -v ./storage/redisstore

lint: ## run go vet and golangci-lint over every module
	@./scripts/lint

generate: ## write generated code anew
	$(GO) run ./cmd/jobgen ./...

check: ## fail when generated code is not up to date
	$(GO) run ./cmd/jobgen check ./...

bench: setup ## run jobgen and its peers side by side, on servers it starts; takes long
	cd bench && $(GO) run .

clean: ## remove what the other targets left
	rm -rf .cache bin
