#!/usr/bin/env bash
# Compiles foreign parachain runtimes to Wasm, and makes blobs of them as runtimes are published: compressed.
#
#   build.sh OUT [NAME..]      NAME: small (default), penpal
#
# A blob that is newer than all that it is made of is left as it is: delete it to have it built anyway.
#
# Straight to wasm32v1-none, with the flags of substrate-wasm-builder, so that nothing is compiled for this machine but macros.
set -euo pipefail
cd "$(dirname "$0")"
out=$1
shift
mkdir -p "$out"
target=wasm32v1-none
cargo=(cargo)
[[ -z "${WASM_BUILD_TOOLCHAIN:-}" ]] || cargo=(rustup run "$WASM_BUILD_TOOLCHAIN" cargo)
export RUSTFLAGS="-C link-arg=--export-table --cfg substrate_runtime"

# A Wasm file as a blob: zstd behind eight bytes that say so.
pack() {
  if command -v zstd >/dev/null; then
    { printf '\x52\xbc\x53\x76\x46\xdb\x8e\x05'; zstd -q -19 -c "$1"; } >"$2.part"
  else
    cp "$1" "$2.part"
  fi
  mv "$2.part" "$2"
}

# Builds a package with some features.
build() {
  nice -n 19 "${cargo[@]}" build --locked --release --target "$target" --no-default-features --features "$2" -p "interop-$1"
}
wasm() { echo "${CARGO_TARGET_DIR:-target}/$target/release/interop_$1.wasm"; }

# Whether the blobs of a package are newer than its sources, its dependencies' versions and this script.
fresh() {
  local blob blobs=("$out/$1.wasm" "$out/$1-next.wasm")
  [[ "$1" != small ]] || blobs+=("$out/small-behind.wasm")
  for blob in "${blobs[@]}"; do
    [[ -f "$blob" && -z "$(find "$1" Cargo.toml Cargo.lock build.sh -newer "$blob" -print -quit)" ]] || return 1
  done
}

for name in "${@:-small}"; do
  if fresh "$name"; then
    echo "$name: $out/$name.wasm is up to date"
    continue
  fi
  build "$name" ""
  pack "$(wasm "$name")" "$out/$name.wasm"
  case $name in
    small)
      build small next
      pack "$(wasm small)" "$out/small-next.wasm"
      build small behind
      pack "$(wasm small)" "$out/small-behind.wasm"
      ;;
    *)
      # The published runtime has one version: the code to upgrade to has a section more, which nobody reads.
      next=$(mktemp)
      { cat "$(wasm "$name")"; printf '\x00\x05\x04next'; } >"$next"
      pack "$next" "$out/$name-next.wasm"
      rm "$next"
      ;;
  esac
  ls -l "$out/$name.wasm" "$out/$name-next.wasm"
done
cp specs/*.toml "$out/"
