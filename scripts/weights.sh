#!/usr/bin/env bash
# Measures the pallets on this machine and writes their weights into the relay runtime.
#
#   scripts/weights.sh           every benchmark, then the inherent against its weight: the files in
#                                runtime-tests/relay-runtime/src/weights, and docs/weights.md
#   scripts/weights.sh --check   a small sample of the same benchmarks, beside what those files say
#   scripts/weights.sh --inherent  docs/weights.md alone, by the weights that are there
#
# The runtime with its benchmarks and the runner are built first (benchmarks/weights, a workspace of its own).
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${ASYNC_BACKING_CACHE:-$HOME/.cache/async-backing}/weights"
weights=runtime-tests/relay-runtime/src/weights
pallets=(configuration dmp hrmp inclusion paras scheduler)
mode=write
case "${1:-}" in
  '') steps=10 repeat=10 ;;
  --check) mode=check steps=3 repeat=5 ;;
  --inherent) mode=inherent ;;
  *) echo "weights: unknown argument '$1'; only --check and --inherent are known" >&2; exit 2 ;;
esac

build() {
  CARGO_TARGET_DIR="$cache" cargo build --locked --release --manifest-path benchmarks/weights/Cargo.toml
}

if [ "$mode" = inherent ]; then
  build
  exec "$cache/release/async-backing-bench-inherent" docs/weights.md
fi

build
runner="$cache/release/async-backing-bench-weights"
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT

for pallet in "${pallets[@]}"; do
  echo "weights: measuring $pallet ($steps steps, $repeat repeats)"
  "$runner" --pallet "pallet_async_backing_$pallet" --extrinsic '*' --steps "$steps" --repeat "$repeat" \
    --min-duration 0 --genesis-builder=none --wasm-execution=compiled --heap-pages 4096 --disable-proof-recording \
    --output "$out/pallet_async_backing_$pallet.rs" > "$out/$pallet.log" 2>&1 ||
    { cat "$out/$pallet.log" >&2; exit 1; }
done

if [ "$mode" = write ]; then
  mkdir -p "$weights"
  for file in "$out"/*.rs; do
    # The name of the machine and its paths say nothing to anybody else; its processor does.
    sed -e '1{/^$/d}' -e 's/^\/\/! HOSTNAME: `[^`]*`, /\/\/! MACHINE: /' \
      -e 's/^\/\/ Executed Command:/\/\/ Written by `make weights`./' -e '/^\/\/ [/-]/d' \
      -e '/^\/\/ [a-z0-9_*]*$/d' -e '/cfg_attr(rustfmt, rustfmt_skip)/d' "$file" > "$weights/$(basename "$file")"
  done
  rustfmt --edition 2021 "$weights"/pallet_*.rs
  echo "weights: written to $weights"
  # The runtime is compiled again with them.
  build
  "$cache/release/async-backing-bench-inherent" docs/weights.md
  exit 0
fi

# The time that a file books for each benchmark at the upper ends of its ranges, in picoseconds.
# shellcheck disable=SC2016 # awk's dollars
at_the_top='
  /range of component/ { gsub(/[`,.\[\]]/, ""); high[$6] = $NF }
  /fn [a-z_]+\(/ { name = $2; sub(/\(.*/, "", name); time = 0 }
  /Weight::from_parts\([0-9_]+, 0\)/ {
    part = $0; sub(/.*from_parts\(/, "", part); sub(/,.*/, "", part); gsub(/_/, "", part)
    if (match($0, /saturating_mul\([a-z]/)) part *= high[substr($0, RSTART + 15, 1)]
    time += part
  }
  /^\t}/ && name != "" { print name, time; name = ""; delete high }
'
status=0
for pallet in "${pallets[@]}"; do
  file="pallet_async_backing_$pallet.rs"
  rustfmt --edition 2021 "$out/$file"
  while read -r name committed measured; do
    ratio=$(awk -v c="$committed" -v m="$measured" 'BEGIN { printf "%.2f", m / c }')
    printf '%-14s %-34s committed %10.3f ms  measured %10.3f ms  %sx\n' "$pallet" "$name" \
      "$(awk -v v="$committed" 'BEGIN { print v / 1e9 }')" "$(awk -v v="$measured" 'BEGIN { print v / 1e9 }')" "$ratio"
    # A sample on a busy or another machine differs; a factor of three is another thing being measured.
    awk -v r="$ratio" 'BEGIN { exit !(r > 3 || r < 1 / 3) }' && status=1
  done < <(join <(awk "$at_the_top" "$weights/$file" | sort) <(awk "$at_the_top" "$out/$file" | sort))
done
[ "$status" = 0 ] || echo "weights: some differ by more than three times; run make weights" >&2
exit "$status"
