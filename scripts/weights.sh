#!/usr/bin/env bash
# Measures the pallets on this machine and writes their weights into the relay runtime; those of the pallet for parachains,
# which no relay chain has, into that pallet.
#
#   scripts/weights.sh [PALLET]  every benchmark (of this pallet), then the inherent against its weight: the files in
#                                runtime-tests/relay-runtime/src/weights, and docs/weights.md; of unincluded_segment its file
#                                in pallets/unincluded-segment alone
#   scripts/weights.sh --check   a small sample of the same benchmarks, beside what those files say
#   scripts/weights.sh --inherent  docs/weights.md alone, by the weights that are there
#
# The runtime with its benchmarks and the runner are built first (benchmarks/weights, a workspace of its own).
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${ASYNC_BACKING_CACHE:-$HOME/.cache/async-backing}/weights"
weights=runtime-tests/relay-runtime/src/weights
of_parachains=unincluded_segment
pallets=(configuration dmp hrmp inclusion paras scheduler "$of_parachains")
mode=write
case "${1:-}" in
  '') steps=10 repeat=10 passes=3 ;;
  --check) mode=check steps=3 repeat=5 passes=1 ;;
  --inherent) mode=inherent ;;
  *)
    if [[ " ${pallets[*]} " != *" $1 "* ]]; then
      echo "weights: '$1' is neither --check nor --inherent nor one of: ${pallets[*]}" >&2
      exit 2
    fi
    pallets=("$1") steps=10 repeat=10 passes=3
    ;;
esac

# Where the weights of a pallet are.
file_of() {
  if [ "$1" = "$of_parachains" ]; then
    echo "pallets/${1//_/-}/src/weights/measured.rs"
  else
    echo "$weights/pallet_async_backing_$1.rs"
  fi
}

build() {
  scripts/setup.sh --weights
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

for pass in $(seq "$passes"); do
  mkdir "$out/$pass"
  for pallet in "${pallets[@]}"; do
    echo "weights: measuring $pallet ($steps steps, $repeat repeats, pass $pass of $passes)"
    file="$out/$pass/pallet_async_backing_$pallet.rs"
    "$runner" --pallet "pallet_async_backing_$pallet" --extrinsic '*' --steps "$steps" --repeat "$repeat" \
      --min-duration 0 --genesis-builder=none --wasm-execution=compiled --heap-pages 4096 --disable-proof-recording \
      --output "$file" > "$out/$pallet.log" 2>&1 ||
      { cat "$out/$pallet.log" >&2; exit 1; }
    # The name of the machine and its paths say nothing to anybody else; its processor does.
    sed -i -e '1{/^$/d}' -e 's/^\/\/! HOSTNAME: `[^`]*`, /\/\/! MACHINE: /' \
      -e 's/^\/\/ Executed Command:/\/\/ Written by `make weights`./' -e '/^\/\/ [/-]/d' \
      -e '/^\/\/ [a-z0-9_*]*$/d' -e '/cfg_attr(rustfmt, rustfmt_skip)/d' "$file"
  done
done

# The time that a file books for each benchmark at the upper ends of its ranges, in picoseconds, and by how much what was
# measured lies beside it.
# shellcheck disable=SC2016 # awk's dollars
at_the_top='
  /range of component/ { gsub(/[`,.\[\]]/, ""); high[$6] = $NF }
  /fn [a-z_]+\(/ { name = $2; sub(/\(.*/, "", name); time = 0; noise = 0; terms = 0 }
  /Standard Error:/ { beside = $NF; gsub(/_/, "", beside) }
  /Weight::from_parts\([0-9_]+, 0\)/ {
    part = $0; sub(/.*from_parts\(/, "", part); sub(/,.*/, "", part); gsub(/_/, "", part)
    if (match($0, /saturating_mul\([a-z]/)) {
      top = high[substr($0, RSTART + 15, 1)]
      part *= top
      noise += beside * top; terms++
    }
    time += part
  }
'
# shellcheck disable=SC2016
times="$at_the_top"'
  /^\t}/ && name != "" { print name, time; name = ""; delete high }
'
# Of each benchmark the pass that lies best on a line, or that took least if there is no line: whatever else a machine does
# adds time, often for seconds on end, and some weights are differences of two benchmarks, which it would turn upside down.
# shellcheck disable=SC2016
quietest='
  FNR == 1 { file++; inside = 0 }
  !inside { if (file == 1) header = header $0 "\n"; if (/^impl/) { inside = 1; block = "" } next }
  { block = block $0 "\n" }
'"$at_the_top"'
  /^\t}/ {
    if (file == 1) order[++count] = name
    # A pass that does not see what a component costs is worse than one that sees it dimly.
    better = terms != seen[name] ? terms > seen[name] : noise != calmest[name] ? noise < calmest[name] : time < least[name]
    if (!(name in text) || better) {
      seen[name] = terms; calmest[name] = noise; least[name] = time; text[name] = block
    }
    block = ""; delete high
  }
  END { if (!count) exit 1; printf "%s", header; for (i = 1; i <= count; i++) printf "%s", text[order[i]]; print "}" }
'

if [ "$mode" = write ]; then
  for pallet in "${pallets[@]}"; do
    file="$(file_of "$pallet")"
    mkdir -p "$(dirname "$file")"
    awk "$quietest" "$out"/*/"pallet_async_backing_$pallet.rs" > "$file"
    rustfmt --edition 2021 "$file"
    echo "weights: written to $file"
  done
  # The inherent is one of relay chains.
  [ "${pallets[*]}" != "$of_parachains" ] || exit 0
  # The runtime is compiled again with them.
  build
  "$cache/release/async-backing-bench-inherent" docs/weights.md
  exit 0
fi

status=0
for pallet in "${pallets[@]}"; do
  file="$(file_of "$pallet")"
  measured="$out/1/pallet_async_backing_$pallet.rs"
  while read -r name committed now; do
    ratio=$(awk -v c="$committed" -v m="$now" 'BEGIN { printf "%.2f", m / c }')
    printf '%-14s %-34s committed %10.3f ms  measured %10.3f ms  %sx\n' "$pallet" "$name" \
      "$(awk -v v="$committed" 'BEGIN { print v / 1e9 }')" "$(awk -v v="$now" 'BEGIN { print v / 1e9 }')" "$ratio"
    # A sample on a busy or another machine differs; a factor of three is another thing being measured.
    awk -v r="$ratio" 'BEGIN { exit !(r > 3 || r < 1 / 3) }' && status=1
  done < <(join <(awk "$times" "$file" | sort) <(awk "$times" "$measured" | sort))
done
[ "$status" = 0 ] || echo "weights: some differ by more than three times; run make weights" >&2
exit "$status"
