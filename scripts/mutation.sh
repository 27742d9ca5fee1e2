#!/usr/bin/env bash
# Mutation tests: lines of a package are made wrong, one at a time, and the package's own tests have to notice (cargo-mutants).
#
#   scripts/mutation.sh CACHE SHARD [PACKAGE..]
#
# SHARD is K/N: every Nth mutant, from the Kth on. 0/1 are all of them: some hours of processor time. Without a package: fragment-tree,
# primitives and pallets/inclusion. What is left alone says .cargo/mutants.toml.
#
# The last commit is mutated, in a clone below CACHE with a target directory of its own (up to 3 GB), so that nothing of it is taken for
# the tree's. Each package ends with a line of figures; what nobody noticed stands in CACHE/mutation/PACKAGE/mutants.out/missed.txt. Exit
# code 2 if there is any such.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$1 shard=$2
shift 2
version=27.1.0
packages=("$@")
[[ $# -gt 0 ]] || packages=(async-backing-fragment-tree async-backing-primitives pallet-async-backing-inclusion)

mutants=$cache/cargo-mutants/bin/cargo-mutants
if [[ "$("$mutants" mutants --version 2>/dev/null)" != "cargo-mutants $version" ]]; then
	echo "mutation: installing cargo-mutants $version" >&2
	cargo install cargo-mutants --version "$version" --locked --force --root "$cache/cargo-mutants"
fi

work=$cache/mutation
rm -rf "$work/clone"
mkdir -p "$work"
git clone --quiet --shared . "$work/clone"
export CARGO_TARGET_DIR=$work/target CARGO_INCREMENTAL=1 CARGO_PROFILE_DEV_DEBUG=0 SKIP_WASM_BUILD=1
missed=0
for package in "${packages[@]}"; do
	mkdir -p "$work/$package"
	echo "mutation: $package, $shard" >&2
	"$mutants" mutants --dir "$work/clone" --in-place --package "$package" --shard "$shard" --sharding round-robin \
		--output "$work/$package" --no-shuffle --colors never --cargo-arg=--locked -- --lib --tests || missed=$?
	count() { wc -l <"$work/$package/mutants.out/$1.txt"; }
	echo "$package: $(count caught) caught, $(count missed) missed, $(count timeout) time out, $(count unviable) do not compile"
done
exit "$missed"
