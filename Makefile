# The two commands that a newcomer needs are `make demo` and `make test`; both install what is missing.
.PHONY: demo demo-aws ui e2e test check sim bench dev kill deny help
.DEFAULT_GOAL := help

CARGO ?= cargo
HISTORIES ?= 20000
FIRST_SEED ?= 1

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 10

demo: ui ## the tour: a sample repository travels to production, one commit is rolled back
	@scripts/install base
	$(CARGO) build --locked -p tidegate
	target/debug/tidegate demo $(DEMO)

demo-aws: ui ## the same over three accounts and four regions of an AWS emulator
	@scripts/install base moto
	$(CARGO) build --locked -p tidegate-testkit --bin block-runner --bin demo-aws
	target/debug/demo-aws $(DEMO)

test: ## every test, with the real components that they need
	@scripts/install base postgres prometheus node browser hooks moto sshd
	$(CARGO) fmt --all --check
	scripts/test-ui unit
	scripts/test-ui build
	scripts/with-postgres $(CARGO) test --locked --workspace --no-fail-fast
	# With the binary that the tests were just built with: another build would compile half of the tree with other features.
	scripts/test-ui e2e

ui: ## the web UI's pages, into ui/dist, which the binary holds
	@scripts/install node
	scripts/test-ui pages

e2e: ## only the web UI in a real browser against a real server
	@scripts/install base node browser hooks
	scripts/test-ui build
	$(CARGO) build --locked -p tidegate -p tidegate-testkit --bin tidegate --bin seed --bin forge
	scripts/test-ui e2e

check: ## what a commit must pass: format, lints, refused crates, generated files
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) test --locked -p tidegate-testkit --no-default-features --test tidy

deny: ## licences, sources and refused crates with cargo-deny (installs it)
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	# The lock file names crates for systems that nobody builds for here; cargo-deny wants to see them too.
	$(CARGO) fetch --locked
	cargo-deny --offline check licenses bans sources

sim: ## seeded histories over the core; HISTORIES=20000, FIRST_SEED=1
	$(CARGO) run --locked --profile sim -p tidegate-testkit --no-default-features --bin sim -- --histories $(HISTORIES) --first-seed $(FIRST_SEED)

bench: ## the figures of the README beside their floors
	@scripts/install base bench
	scripts/bench

dev: ## this repository's own pipeline on this machine
	$(CARGO) run --locked -p tidegate -- dev

kill: ## kill -9 of the server and of the runner at random during the tour; RUNS=50
	$(CARGO) build --locked -p tidegate
	scripts/kill-during-demo $(or $(RUNS),50)
