#!/usr/bin/env bash
# Runs each fuzz target of fuzz/ and fuzz/chain/ for a while, with inputs that a fuzzer looks for.
#
#   scripts/fuzz.sh CACHE SECONDS [TARGET..]    all targets, if none is named
#
# cargo-fuzz is installed below CACHE when it is missing, as is what the fuzzer finds worth keeping. What breaks a law is
# written to artifacts/TARGET beside the target, and ends the script with an error. Where there is no unsafe code of our own a sanitizer
# finds nothing and takes half the time: there is none, and so no nightly compiler is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$1 seconds=$2
shift 2
version=0.13.2

fuzz=$cache/cargo-fuzz/bin/cargo-fuzz
if [[ "$("$fuzz" --version 2>/dev/null)" != "cargo-fuzz $version" ]]; then
  echo "fuzz: installing cargo-fuzz $version" >&2
  cargo install cargo-fuzz --version "$version" --locked --force --root "$cache/cargo-fuzz"
fi

targets_of() { sed -n '/^\[\[bin\]\]/,/^$/s/^name = "\(.*\)"/\1/p' "$1/Cargo.toml"; }

targets=("$@")
[[ $# -gt 0 ]] || mapfile -t targets < <(targets_of fuzz; targets_of fuzz/chain)
# No runtime is built to Wasm for a target that links one. Long inputs: some 5 to 20 bytes make a step.
export SKIP_WASM_BUILD=1
for target in "${targets[@]}"; do
  folder=fuzz
  if targets_of fuzz/chain | grep -qx -- "$target"; then folder=fuzz/chain; fi
  echo "fuzz: $target, $seconds seconds" >&2
  mkdir -p "$cache/fuzz-corpus/$target"
  "$fuzz" run --fuzz-dir "$folder" --target-dir "$cache/fuzz" --sanitizer none "$target" \
    "$cache/fuzz-corpus/$target" "$folder/seeds/$target" -- \
    -max_len=20000 -max_total_time="$seconds" -timeout=60 -print_final_stats=1
done
