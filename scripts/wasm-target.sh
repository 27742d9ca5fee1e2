#!/usr/bin/env bash
# Makes the Rust target wasm32v1-none available and prints, as shell exports, what a build has to set.
#
#   env=$(scripts/wasm-target.sh) && eval "$env"
#
# There are two ways, tried in this order:
#   1. rustup's own standard library for the target: installed if it is not there; nothing is printed;
#   2. a stand-in for machines that reach a Debian mirror but not the servers of Rust: Debian's rustc-web, with
#      `core` and `alloc` compiled once from the packaged sources into its sysroot, known to rustup as the
#      toolchain `wasm-runtime`. Two exports are printed: the toolchain that the Wasm build uses, and its linker.
#
# Idempotent, and fast once done. The second way needs root or sudo. Exit code 1 if neither works.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32v1-none
toolchain=wasm-runtime
linker=wasm-ld-22
packages=(rustc-web cargo-web rust-web-src libstd-rust-web-dev lld-22)

say() { echo "wasm target: $*" >&2; }
die() { say "$*"; exit 1; }

print_exports() {
  echo "export WASM_BUILD_TOOLCHAIN=$toolchain"
  echo "export CARGO_TARGET_WASM32V1_NONE_LINKER=$linker"
}

# Does the given rustc have a compiled `core` for the target?
has_core() { compgen -G "$("$1" --print sysroot)/lib/rustlib/$target/lib/libcore-*.rlib" >/dev/null; }

command -v rustc >/dev/null 2>&1 || die "rustc is not on the PATH; scripts/setup.sh says how to get it"

# Already there? The stand-in is asked before the network is, so that a second run waits for nothing.
if has_core rustc; then exit 0; fi
command -v rustup >/dev/null 2>&1 ||
  die "this Rust has no $target and there is no rustup to add it; install Rust with rustup (https://rustup.rs)"
standin_complete() {
  [[ -x /usr/bin/rustc && -x /usr/bin/cargo ]] && command -v "$linker" >/dev/null && has_core /usr/bin/rustc &&
    rustup toolchain list | grep -q "^$toolchain\b"
}
if standin_complete; then
  print_exports
  exit 0
fi

say "adding $target with rustup"
if said=$(rustup target add "$target" 2>&1); then exit 0; fi
say "rustup could not add it: $(tail -n 1 <<<"$said")"

# The stand-in.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; elif [[ -t 0 ]]; then sudo "$@"; else sudo -n "$@"; fi
}
if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null 2>&1; then
  die "the stand-in needs root or sudo; with a network, 'rustup target add $target' is all that is needed"
fi
if ! [[ -x /usr/bin/rustc && -x /usr/bin/cargo && -d /usr/lib/rustlib/src/rust/library ]] ||
  ! command -v "$linker" >/dev/null; then
  command -v apt-get >/dev/null 2>&1 || die "no apt-get to install the stand-in with"
  say "installing Debian's compiler as a stand-in: ${packages[*]}"
  as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the package lists that are here"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2 ||
    die "apt-get could not install ${packages[*]}"
fi

if ! has_core /usr/bin/rustc; then
  say "compiling core and alloc for $target with $(/usr/bin/rustc --version); once, about a minute"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/src"
  printf '[package]\nname = "sysroot"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n' >"$work/Cargo.toml"
  printf '#![no_std]\nextern crate alloc;\n' >"$work/src/lib.rs"
  # Bitcode goes into every rlib, because a runtime is linked with fat link-time optimisation. RUSTC_BOOTSTRAP
  # lets a stable compiler build the standard library; RUSTUP_TOOLCHAIN would lead back to rustup's own.
  (
    cd "$work"
    env -u RUSTUP_TOOLCHAIN -u CARGO_BUILD_TARGET RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
      CARGO_TARGET_DIR="$work/target" RUSTFLAGS='-Cembed-bitcode=yes -Copt-level=3' \
      /usr/bin/cargo build --quiet --release -Zbuild-std=core,alloc --target "$target" >&2
  ) || die "core and alloc did not compile; the compiler's message stands above"
  libdir="$(/usr/bin/rustc --print sysroot)/lib/rustlib/$target/lib"
  as_root mkdir -p "$libdir"
  # `core` last: it is what has_core looks for, so a copy that was cut short is done again.
  for crate in compiler_builtins alloc core; do
    as_root cp "$work/target/$target/release/deps/lib$crate"-*.rlib "$libdir/"
  done
fi
rustup toolchain list | grep -q "^$toolchain\b" || rustup toolchain link "$toolchain" /usr >&2
print_exports
