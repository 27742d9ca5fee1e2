# Every target sets itself up: it installs what is missing, says so, and does nothing when nothing is missing.
# Build products live under the home directory, not in the clone, so that a second clone starts warm.
#   CARGO_TARGET_DIR   where run, test and lint build (default: $(CACHE)/target)
#   CACHE              the no_std check and benchmarks (default: ~/.cache/async-backing)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.NOTPARALLEL:

CACHE ?= $(HOME)/.cache/async-backing
CARGO_TARGET_DIR ?= $(CACHE)/target
export CARGO_TARGET_DIR

# Arguments of `make run`, for example: make run ARGS='--blocks 120 --seed 7'
ARGS ?=

# Where `make run` writes its page; git ignores it.
REPORT ?= async-backing-report.html

# Package that `make unit` tests, instead of all: make unit P=async-backing-fragment-tree UNIT_ARGS='--lib a_name'
P ?=
UNIT_ARGS ?=

# Of the build that `make run` begins with, for example: make build BUILD_ARGS=--timings
BUILD_ARGS ?=

# For each fuzz target, for example: make fuzz FUZZ_SECONDS=600
FUZZ_SECONDS ?= 60

# make package PACKAGE_ONLY_PACKS=yes packs and compiles nothing
PACKAGE_ONLY_PACKS ?=

# What has to compile without std, for the target that runtimes are compiled for.
NO_STD := \
	async-backing-primitives \
	pallet-async-backing-configuration \
	pallet-async-backing-sessions \
	pallet-async-backing-paras \
	pallet-async-backing-dmp \
	pallet-async-backing-ump \
	pallet-async-backing-hrmp \
	pallet-async-backing-scheduler \
	pallet-async-backing-inclusion \
	pallet-async-backing-unincluded-segment \
	async-backing-wire \
	async-backing-fragment-tree \
	async-backing-prospective-parachains \
	async-backing-counter-parachain \
	async-backing-example-relay \
	async-backing-example-inclusion-alone

# Pallets with benchmarks, and cargo's names of the features that compile these.
BENCHMARKED := \
	pallet-async-backing-configuration \
	pallet-async-backing-paras \
	pallet-async-backing-dmp \
	pallet-async-backing-hrmp \
	pallet-async-backing-scheduler \
	pallet-async-backing-inclusion \
	pallet-async-backing-unincluded-segment
BENCHMARKS := $(addsuffix /runtime-benchmarks,$(BENCHMARKED))

# Crates that others may depend on. What is left out says `publish = false`.
PACKAGED := \
	async-backing-benchmark-helper \
	async-backing-availability \
	async-backing-backing \
	async-backing-chain-view \
	async-backing-collator \
	async-backing-collator-protocol \
	async-backing-devnet \
	async-backing-execution-context \
	async-backing-foreign-parachain \
	async-backing-fragment-tree \
	async-backing-leaf-facts \
	async-backing-machine \
	async-backing-primitives \
	async-backing-prospective-parachains \
	async-backing-provisioner \
	async-backing-pvf \
	async-backing-relay-client \
	async-backing-replay \
	async-backing-report \
	async-backing-rpc \
	async-backing-runtime-metadata \
	async-backing-sim \
	async-backing-statement-distribution \
	async-backing-validator \
	async-backing-wire \
	pallet-async-backing-configuration \
	pallet-async-backing-dmp \
	pallet-async-backing-hrmp \
	pallet-async-backing-inclusion \
	pallet-async-backing-paras \
	pallet-async-backing-scheduler \
	pallet-async-backing-sessions \
	pallet-async-backing-ump \
	pallet-async-backing-unincluded-segment

# The exports of scripts/wasm-target.sh, in the shell of the recipe. In two steps, so that its failure is a failure.
WASM_ENV = wasm_env=$$(scripts/wasm-target.sh); eval "$$wasm_env"

.PHONY: help run replay vectors test-vectors build test fmt lint check-no-std unit test-subxt test-other-hashes test-pages playground test-clients test-benchmarks rules rules-check doc package setup fuzz mutation bench bench-peers agreement small-worlds injected-bugs beside-published interop interop-paras interop-devnet calibrate lecture pvf-guests weights weights-check scheduling-tables scenarios

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install what building needs (every other target does it as well)
	@scripts/setup.sh
	@scripts/wasm-target.sh >/dev/null

# One program of the workspace, with the features of the whole workspace: they are the same as for `cargo test
# --workspace`, so that run and test share everything but our own test binaries (decisions 2 and 21).
build: setup
	@$(WASM_ENV); scripts/progress.sh cargo build --workspace --bin async-backing --locked $(BUILD_ARGS)

run: build ## Synchronous beside asynchronous backing on the devnet, as a table and as a page for the browser
	@"$(CARGO_TARGET_DIR)/debug/async-backing" compare --report "$(REPORT)" $(ARGS)

replay: build ## Real relay blocks beside the rules: make replay ARGS='folder or files'
	@"$(CARGO_TARGET_DIR)/debug/async-backing" replay $(ARGS)

vectors: build ## The test vectors of the rules, for implementers in any language: writes vectors/
	@"$(CARGO_TARGET_DIR)/debug/async-backing" vectors vectors

# Seconds. The reader is in Python, without anything beyond its standard library, and shares no code with what it reads.
test-vectors: build ## vectors/ is what the code makes, fits its schema, and is what a second implementation says
	@scripts/setup.sh --python
	@"$(CARGO_TARGET_DIR)/debug/async-backing" vectors --check vectors
	@python3 node-side/vectors/reader/main.py vectors

test: rules-check lint check-no-std unit test-vectors test-subxt test-benchmarks ## Everything that has to hold before a change lands

fmt:
	@scripts/setup.sh --lint
	cargo fmt --all --check

check-no-std: setup ## Primitives, pallets and no_std cores for wasm32v1-none, without std
	@$(WASM_ENV); \
	cargo=(cargo); \
	if [[ -n "$${WASM_BUILD_TOOLCHAIN:-}" ]]; then cargo=(rustup run "$$WASM_BUILD_TOOLCHAIN" cargo); fi; \
	CARGO_TARGET_DIR="$(CACHE)/no-std" RUSTFLAGS='--cfg substrate_runtime' \
		"$${cargo[@]}" build --locked --target wasm32v1-none --no-default-features \
		--config 'profile.dev.opt-level=0' --config 'profile.dev.package."*".opt-level=0' \
		$(addprefix -p ,$(NO_STD))

# With the benchmarks, because there is more code with them than without.
lint: setup fmt ## Formatting and clippy, warnings are errors
	@$(WASM_ENV); SKIP_WASM_BUILD=1 \
		cargo clippy --workspace --all-targets --locked \
		--features '$(BENCHMARKS) async-backing-relay-runtime/runtime-benchmarks async-backing-wiring-tests/runtime-benchmarks async-backing-example-relay/runtime-benchmarks async-backing-example-inclusion-alone/runtime-benchmarks' -- -D warnings

# Cargo gives a package alone other features than it gives the workspace, and compiles half of Substrate again. What
# keeps the workspace's is unstable in cargo, not in the compiler: the variable opens cargo's options and changes nothing
# of what is compiled.
ONE_PACKAGE := __CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS=nightly \
	cargo -Zfeature-unification --config 'resolver.feature-unification="workspace"'

unit: setup ## The tests alone: unit, scenario, end to end, documentation; P=PACKAGE for those of one
	@$(WASM_ENV); $(if $(P),$(ONE_PACKAGE) test --locked -p $(P),cargo test --workspace --locked) $(UNIT_ARGS)

# Hashes follow from the compiler and from where the tree lies, and what is ordered by them differs from machine to machine: what
# documents state has to hold for all. Not part of `make test`, which runs it with the hashes of this machine.
test-other-hashes: setup ## Figures, tables and pictures of the documents beside runs of other blobs that do the same
	@$(WASM_ENV); for salt in 1 2 3; do \
		RUNTIME_SALT=$$salt $(ONE_PACKAGE) test --locked -p async-backing-cli --bin async-backing -- pictures tables || exit $$?; done

# Not part of `make test`: it takes a browser, which is a few hundred megabytes. Pages are those of runs: what `make run` writes,
# with fewer blocks, one in which much goes wrong, those of many runs, and the made-up one in which every class of parablock occurs; and the playground.
test-pages: build ## Pages of the report and the playground in headless Chromium: keyboard, both colour schemes, phone and laptop, axe
	@$(WASM_ENV); $(ONE_PACKAGE) build --locked -p async-backing-report --example sample -p async-backing-playground --example playground
	@mkdir -p "$(CACHE)/pages"
	@"$(CARGO_TARGET_DIR)/debug/examples/playground" transcript "$(CACHE)/pages/transcript.json"
	@scripts/pages.sh "$(CACHE)/pages" node-side/playground/tests/pages/test.mjs docs/playground/index.html "$(CACHE)/pages/transcript.json"
	@"$(CARGO_TARGET_DIR)/debug/examples/sample" "$(CACHE)/pages/sample.html"
	@"$(CARGO_TARGET_DIR)/debug/async-backing" compare --blocks 30 --report "$(CACHE)/pages/compare.html" >/dev/null
	@"$(CARGO_TARGET_DIR)/debug/async-backing" dev --blocks 30 --disturbance crashes --report "$(CACHE)/pages/crashes.html" >/dev/null
	@"$(CARGO_TARGET_DIR)/debug/async-backing" soak --runs 3 --seed 1 --blocks 40 --report "$(CACHE)/pages/soak.html" >/dev/null
	@"$(CARGO_TARGET_DIR)/debug/async-backing" compare --blocks 12 --paras 1 --sweep link-latency-ms=50..250/50 --report "$(CACHE)/pages/sweep.html" >/dev/null
	@scripts/pages.sh "$(CACHE)/pages" node-side/report/tests/pages/test.mjs "$(CACHE)/pages/sample.html" "$(CACHE)/pages/compare.html" "$(CACHE)/pages/crashes.html" \
		"$(CACHE)/pages/soak.html" "$(CACHE)/pages/sweep.html"

# The module as a runtime is compiled, with a profile for size. The page is committed, and a test fails where it is stale.
playground: setup ## The page to play with, docs/playground/index.html, anew: the rules to Wasm, and the Wasm into the page
	@$(WASM_ENV); \
	cargo=(cargo); \
	if [[ -n "$${WASM_BUILD_TOOLCHAIN:-}" ]]; then cargo=(rustup run "$$WASM_BUILD_TOOLCHAIN" cargo); fi; \
	CARGO_TARGET_DIR="$(CACHE)/playground" RUSTFLAGS='--cfg substrate_runtime' \
		"$${cargo[@]}" rustc --locked --profile small --target wasm32v1-none --no-default-features --lib --crate-type cdylib \
		-p async-backing-playground
	@$(WASM_ENV); $(ONE_PACKAGE) build --locked -p async-backing-playground --example playground
	@mkdir -p docs/playground
	@"$(CARGO_TARGET_DIR)/debug/examples/playground" page \
		"$(CACHE)/playground/wasm32v1-none/small/async_backing_playground.wasm" docs/playground/index.html

# In a workspace of its own: subxt brings other versions of what the workspace has, and speaks to the program over a socket.
test-subxt: build ## What subxt asks of a devnet: metadata, transfers, subscriptions, parachains, governance
	@ASYNC_BACKING="$(CARGO_TARGET_DIR)/debug/async-backing" CARGO_TARGET_DIR="$(CACHE)/clients/subxt" \
		cargo test --locked --manifest-path runtime-tests/clients/subxt/Cargo.toml

# Not part of `make test`: clients come from the registries of JavaScript and Python, and tools are compiled with FRAME's
# benchmarks and with what try-runtime asks. All is below $(CACHE). CLIENTS='--only @polkadot' is for a part of it.
CLIENTS ?= --write docs/clients.md
test-clients: build ## Clients and tools as they are published: prints call by client, writes docs/clients.md
	@scripts/setup.sh --clients
	@$(WASM_ENV); python3 runtime-tests/clients/run.py "$(CARGO_TARGET_DIR)/debug/async-backing" "$(CACHE)/clients" \
		--blob "$(CARGO_TARGET_DIR)/debug/wbuild/async-backing-relay-runtime/async_backing_relay_runtime.wasm" $(CLIENTS)

# FRAME's feature for benchmarks is one that the other tests do not have, so a part of the dependencies is compiled once
# more. Nothing of the command line tool is (it is no library): it is here for the features of its dependencies, so that
# this part is small.
test-benchmarks: setup ## Every benchmark of the pallets as a test, at both ends of its ranges
	@$(WASM_ENV); VALUES_PER_COMPONENT=2 \
		cargo test --locked --lib $(addprefix -p ,$(BENCHMARKED)) -p async-backing-cli \
		--features '$(BENCHMARKS)' benchmarking::

# The same test compares them in `make test`.
lecture: setup ## The pictures of docs/lecture and of the guides anew, from runs
	@$(WASM_ENV); UPDATE_PICTURES=1 $(ONE_PACKAGE) test --locked -p async-backing-cli pictures::

# Minutes: `make test` compares the quick rows alone.
scheduling-tables: setup ## The tables of docs/guide/scheduling.md anew, from runs
	@$(WASM_ENV); UPDATE_TABLES=1 $(ONE_PACKAGE) test --locked -p async-backing-cli tables:: -- --nocapture

# The same test compares it in `make test`.
scenarios: setup ## The table of docs/scenarios anew, from runs
	@$(WASM_ENV); UPDATE_TABLES=1 $(ONE_PACKAGE) test --locked -p async-backing-cli --test scenarios

# Not part of `make test`: how long it takes is for you to say.
fuzz: setup ## The seven laws with inputs that a fuzzer looks for, FUZZ_SECONDS (60) for each target
	@scripts/fuzz.sh "$(CACHE)" "$(FUZZ_SECONDS)"

# Every 40th mutant: some quarter of an hour of processor time for each package. 0/1 are all.
MUTATION ?= 0/40
mutation: setup ## Lines of fragment-tree, primitives and pallets/inclusion made wrong, one at a time: their own tests have to notice; writes docs/mutation.md
	@scripts/mutation.sh "$(CACHE)" "$(MUTATION)" docs/mutation.md

bench: setup ## How long the rules take (criterion)
	@$(WASM_ENV); CARGO_TARGET_DIR="$(CACHE)/bench" cargo bench --locked -p async-backing-node-benchmarks

bench-peers: setup ## The same work by the published crates, side by side; writes docs/benchmarks.md and weights.md
	@$(WASM_ENV); CARGO_TARGET_DIR="$(CACHE)/peers" SKIP_WASM_BUILD=1 \
		cargo build --locked --release --manifest-path benchmarks/peers/Cargo.toml
	@"$(CACHE)/peers/release/async-backing-bench-peers" docs/benchmarks.md
	@$(WASM_ENV); ASYNC_BACKING_CACHE="$(CACHE)" scripts/weights.sh --inherent

# The same histories as in `make test`, and more of them: candidates to compare.
AGREEMENT ?= 100000
agreement: setup ## Prediction, choice and verdict (native, compiled) over random histories; writes docs/agreement.md
	@$(WASM_ENV); AGREEMENT=$(AGREEMENT) AGREEMENT_REPORT="$(CURDIR)/docs/agreement.md" \
		$(ONE_PACKAGE) test --locked -p async-backing-runtime-tests --test agreement -- --nocapture

# `make test` has those of one and two candidates.
small-worlds: setup ## All orders of events in all small worlds, through the real node and runtime; writes docs/small-worlds.md
	@$(WASM_ENV); SMALL_WORLDS=full SMALL_WORLDS_REPORT="$(CURDIR)/docs/small-worlds.md" \
		$(ONE_PACKAGE) test --locked -p async-backing-relay-runtime --test small_worlds -- --nocapture

# In a copy of the tree: `--first` stops a bug's row at the first check that catches it. BUGS='3 7' for some of them.
BUGS ?=
injected-bugs: setup ## Bugs that were put in on purpose, and which checks catch which; writes docs/injected-bugs.md
	@$(WASM_ENV); scripts/injected-bugs.sh --write docs/injected-bugs.md $(BUGS)

# At the lowest priority: it is long, and nobody waits for it.
interop: setup ## Our parachain pallet beside the published one, block by block over 10,000 random histories
	@$(WASM_ENV); CARGO_TARGET_DIR="$(CACHE)/interop" SKIP_WASM_BUILD=1 \
		nice -n 19 cargo test --locked --manifest-path benchmarks/interop/Cargo.toml -- --nocapture

# Blocks: the same histories as with fewer, and more of them. What it links is compiled in minutes, once.
BESIDE ?= 6000
beside-published: setup ## Our pallets beside the published ones over random histories, block by block; writes docs/beside-published.md and vectors/inherent
	@$(WASM_ENV); CARGO_TARGET_DIR="$(CACHE)/interop" SKIP_WASM_BUILD=1 BESIDE=$(BESIDE) BESIDE_REPORT="$(CURDIR)/docs/beside-published.md" \
		BESIDE_VECTORS="$(CURDIR)/vectors/inherent" \
		nice -n 19 cargo test --locked --manifest-path benchmarks/interop/Cargo.toml -p async-backing-interop-relay -- --nocapture

# Runtimes to Wasm alone; PARAS='small penpal' for the published penpal as well, which is large.
PARAS ?= small
interop-paras: setup ## Foreign parachain runtimes as blobs, below ~/.cache/async-backing/interop-paras
	@$(WASM_ENV); CARGO_TARGET_DIR="$(CACHE)/interop" benchmarks/interop/paras/build.sh "$(CACHE)/interop-paras" $(PARAS)

# With all paras it writes the tables of docs/interop.md; with some it says what came of those.
interop-devnet: build interop-paras ## Foreign parachains on the devnet: transfers, an upgrade, messages, tampered blocks, twice the same
	@rm -rf "$(CACHE)/interop-paras/tables"
	@benchmarks/interop/paras/run.py "$(CARGO_TARGET_DIR)/debug/async-backing" "$(CACHE)/interop-paras" $(PARAS)
	@$(WASM_ENV); INTEROP_PARAS="$(CACHE)/interop-paras" INTEROP_NAMES="$(PARAS)" \
		$(ONE_PACKAGE) test --locked -p async-backing-runtime-tests --test foreign -- --nocapture --test-threads 1
	@cd "$(CACHE)/interop-paras/tables"; for table in imports tampered; do cat $$table.head.md $$table-*.md >$$table.md; done
	@if [[ "$(PARAS)" == *penpal* ]]; then for table in runs imports tampered; do \
		scripts/fill-table.sh docs/interop.md $$table <"$(CACHE)/interop-paras/tables/$$table.md"; done; fi

# In two steps, so that a measurement that fails leaves the table as it was.
calibrate: setup ## Measures host calls of validation functions here; writes their prices, and prints what hostile guests take
	@$(WASM_ENV); cargo build --workspace --locked --example calibrate
	@prices="$$("$(CARGO_TARGET_DIR)/debug/examples/calibrate" prices)"; \
		printf '%s\n' "$$prices" >node-side/pvf/src/host/table.rs
	@"$(CARGO_TARGET_DIR)/debug/examples/calibrate" guests

# What `make interop-devnet` has put aside are the honest blocks of the second table.
pvf-guests: setup ## Hostile guests and PoVs by time and memory; writes the tables of docs/pvf.md, and fails if one is not held
	@$(WASM_ENV); cargo build --workspace --locked --example calibrate
	@guests="$$("$(CARGO_TARGET_DIR)/debug/examples/calibrate" guests)"; scripts/fill-table.sh docs/pvf.md guests <<<"$$guests"
	@loads="$$("$(CARGO_TARGET_DIR)/debug/examples/calibrate" loads "$(CACHE)/interop-paras")"; \
		scripts/fill-table.sh docs/pvf.md loads <<<"$$loads"

weights: setup ## Measures the pallets here; writes the relay runtime's weights, and docs/weights.md
	@$(WASM_ENV); ASYNC_BACKING_CACHE="$(CACHE)" scripts/weights.sh

weights-check: setup ## A small sample of the same, beside the committed weights
	@$(WASM_ENV); ASYNC_BACKING_CACHE="$(CACHE)" scripts/weights.sh --check

rules: ## Which rules of docs/rules.md tests name, and how many
	@scripts/rules.sh

rules-check:
	@scripts/rules.sh --check
	@scripts/security.sh

# All at once, so that each is checked against the others as packed, not as they lie here; committed files only.
package: setup ## Packs every crate that is published, and compiles each alone from its package
	@$(WASM_ENV); SKIP_WASM_BUILD=1 PACKAGE_ONLY_PACKS=$(PACKAGE_ONLY_PACKS) scripts/package.sh "$(CACHE)" $(PACKAGED)

doc: setup ## The API documentation of the workspace
	@$(WASM_ENV); RUSTDOCFLAGS='-D warnings' \
		cargo doc --workspace --no-deps --locked
	@echo "$(CARGO_TARGET_DIR)/doc/async_backing_primitives/index.html"
