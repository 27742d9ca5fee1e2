#!/usr/bin/env bash
# Compiles foreign parachain runtimes to Wasm, and makes blobs of them as runtimes are published: compressed.
#
#   build.sh OUT [NAME..]      NAME: small (default), penpal
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

for name in "${@:-small}"; do
  build "$name" ""
  pack "$(wasm "$name")" "$out/$name.wasm"
  case $name in
    small)
      build small next
      pack "$(wasm small)" "$out/small-next.wasm"
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
