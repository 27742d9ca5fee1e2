#!/usr/bin/env bash
# Mutation tests: lines of a package are made wrong, one at a time, and the package's own tests have to notice (cargo-mutants).
#
#   scripts/mutation.sh CACHE SHARD PAGE [PACKAGE..]
#
# SHARD is K/N: every Nth mutant, from the Kth on. 0/1 are all of them: some hours of processor time. `-` runs nothing, and writes the
# page of what was run before. Without a package: fragment-tree, primitives and pallets/inclusion. What is left alone says
# .cargo/mutants.toml.
#
# The last commit is mutated, in a clone below CACHE with a target directory of its own (up to 3 GB), so that nothing of it is taken for
# the tree's. PAGE is written with what came of each package that was ever run; what stands below its first heading stays. Exit code 2
# if something was noticed by nobody.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$1 shard=$2 page=$3
shift 3
version=27.1.0
packages=("$@")
[[ $# -gt 0 ]] || packages=(async-backing-fragment-tree async-backing-primitives pallet-async-backing-inclusion)

mutants=$cache/cargo-mutants/bin/cargo-mutants
if [[ "$("$mutants" mutants --version 2>/dev/null)" != "cargo-mutants $version" ]]; then
	echo "mutation: installing cargo-mutants $version" >&2
	cargo install cargo-mutants --version "$version" --locked --force --root "$cache/cargo-mutants"
fi

# nextest stops at the first test that notices; `cargo test` runs the others too.
tool=cargo
if cargo nextest --version >/dev/null 2>&1; then
	tool=nextest
fi

work=$cache/mutation
mkdir -p "$work"
missed=0
if [[ "$shard" != - ]]; then
	rm -rf "$work/clone"
	git clone --quiet --shared . "$work/clone"
	for package in "${packages[@]}"; do
		mkdir -p "$work/results/$package"
		echo "mutation: $package, $shard" >&2
		echo "$shard" >"$work/results/$package/shard"
		# The count of what is hashed and verified is compiled with its feature alone.
		features=()
		[[ "$package" != async-backing-primitives ]] || features=(--features meter)
		# What a wrong line made proptest find is no case for the next one.
		CARGO_TARGET_DIR=$work/target CARGO_INCREMENTAL=1 CARGO_PROFILE_DEV_DEBUG=0 SKIP_WASM_BUILD=1 \
			PROPTEST_DISABLE_FAILURE_PERSISTENCE=1 \
			"$mutants" mutants --dir "$work/clone" --in-place --package "$package" --shard "$shard" --sharding round-robin \
			--output "$work/results/$package" --no-shuffle --colors never --test-tool "$tool" --cargo-arg=--locked \
			"${features[@]}" -- --lib --tests || missed=$?
	done
fi

# What people wrote below the first heading stays.
notes=$(if [[ -e "$page" ]]; then sed -n '/^## /,$p' "$page"; fi)
{
	cat <<'PAGE'
# Mutation tests

Written by `make mutation`. Lines of a package are made wrong, one at a time (cargo-mutants), and the package's own tests have to notice;
tests of other packages, which would notice more, are not asked. `MUTATION=K/N` takes every Nth mutant, from the Kth on; 0/1 are all.
What is left alone says `.cargo/mutants.toml`: what only tests use, pictures, and what is compiled for benchmarks or `try-runtime` alone.

| package | mutants in all | sample | tried | caught | time out | do not compile | missed |
|---|---:|---|---:|---:|---:|---:|---:|
PAGE
	for result in "$work"/results/*/; do
		package=$(basename "$result")
		count() { wc -l <"$result/mutants.out/$1.txt"; }
		tried=$(($(count caught) + $(count missed) + $(count timeout) + $(count unviable)))
		all=$("$mutants" mutants --list --package "$package" | wc -l)
		echo "| $package | $all | $(cat "$result/shard") | $tried | $(count caught) | $(count timeout) | $(count unviable) | $(count missed) |"
	done
	printf '\nMissed:\n\n'
	if cat "$work"/results/*/mutants.out/missed.txt | grep -q .; then
		cat "$work"/results/*/mutants.out/missed.txt | sed 's/^/- `/; s/$/`/'
	else
		echo "nothing."
	fi
	[[ -z "$notes" ]] || printf '\n%s\n' "$notes"
} >"$page"
exit "$missed"
