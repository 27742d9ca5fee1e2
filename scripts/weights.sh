#!/usr/bin/env bash
# Measures the pallets on this machine and writes their weights into the relay runtime.
#
#   scripts/weights.sh           every benchmark, 20 steps of 10 repeats: the files in runtime-tests/relay-runtime/src/weights
#   scripts/weights.sh --check   a small sample of the same benchmarks, beside what those files say
#
# The runtime with its benchmarks and the runner are built first (benchmarks/weights, a workspace of its own).
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${ASYNC_BACKING_CACHE:-$HOME/.cache/async-backing}/weights"
weights=runtime-tests/relay-runtime/src/weights
pallets=(configuration dmp hrmp inclusion paras scheduler)
mode=write
case "${1:-}" in
  '') steps=20 repeat=10 ;;
  --check) mode=check steps=3 repeat=5 ;;
  *) echo "weights: unknown argument '$1'; only --check is known" >&2; exit 2 ;;
esac

CARGO_TARGET_DIR="$cache" cargo build --locked --release --manifest-path benchmarks/weights/Cargo.toml
runner="$cache/release/async-backing-bench-weights"
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT

for pallet in "${pallets[@]}"; do
  echo "weights: measuring $pallet ($steps steps, $repeat repeats)"
  "$runner" --pallet "pallet_async_backing_$pallet" --extrinsic '*' --steps "$steps" --repeat "$repeat" \
    --genesis-builder=none --wasm-execution=compiled --heap-pages 4096 \
    --output "$out/pallet_async_backing_$pallet.rs" > "$out/$pallet.log" 2>&1 ||
    { cat "$out/$pallet.log" >&2; exit 1; }
done

if [ "$mode" = write ]; then
  mkdir -p "$weights"
  for file in "$out"/*.rs; do
    # The name of the machine says nothing to anybody else; its processor does.
    sed -e 's/^\/\/! HOSTNAME: `[^`]*`, /\/\/! /' -e '/--output$/,+1d' "$file" > "$weights/$(basename "$file")"
  done
  rustfmt --edition 2021 "$weights"/pallet_*.rs
  echo "weights: written to $weights"
  exit 0
fi

# One line for each benchmark: what the committed file and this sample say about its fixed part, in nanoseconds.
minimum='/fn [a-z_]+\(/ { name = $2; sub(/\(.*/, "", name) } /Minimum execution time/ { gsub(/_/, "", $5); print name, $5 }'
status=0
for pallet in "${pallets[@]}"; do
  file="pallet_async_backing_$pallet.rs"
  while read -r name committed measured; do
    ratio=$(awk -v c="$committed" -v m="$measured" 'BEGIN { printf "%.2f", m / c }')
    printf '%-16s %-32s committed %12d ps  measured %12d ps  %sx\n' "$pallet" "$name" "$committed" "$measured" "$ratio"
    # A sample on a busy or another machine differs; a factor of three is another thing being measured.
    awk -v r="$ratio" 'BEGIN { exit !(r > 3 || r < 1 / 3) }' && status=1
  done < <(join <(awk "$minimum" "$weights/$file" | sort) <(awk "$minimum" "$out/$file" | sort))
done
[ "$status" = 0 ] || echo "weights: some differ by more than three times; run make weights" >&2
exit "$status"
