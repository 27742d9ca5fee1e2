#!/usr/bin/env bash
# Makes sure that everything is there that the build scripts of the dependencies need.
#
#   scripts/setup.sh          what building and running need
#   scripts/setup.sh --lint   the same, and rustfmt and clippy
#   scripts/setup.sh --python  the same, and Python without packages, which reads test vectors
#   scripts/setup.sh --clients  the same, and what `make test-clients` begins with
#   scripts/setup.sh --weights  the same, and a compiler for C++: runtimes are measured as Binaryen leaves them
#
# What is missing is installed with apt-get (as root, or through sudo) and named together with its reason.
# A second run finds nothing to do and takes a fraction of a second. Exit code 1: something is missing that
# this script cannot install; the message says what and how to get it.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "set-up: $*" >&2; }
die() {
  say "$1"
  shift
  for line in "$@"; do echo "        $line" >&2; done
  exit 1
}

lint=no python=no clients=no binaryen=no
case "${1:-}" in
  '') ;;
  --lint) lint=yes ;;
  --python) python=yes ;;
  --clients) clients=yes binaryen=yes ;;
  --weights) binaryen=yes ;;
  *) die "unknown argument '$1'; only --lint, --python, --clients and --weights are known" ;;
esac

# 1. Rust, new enough.
command -v cargo >/dev/null 2>&1 || die "cargo is not on the PATH" \
  "Install Rust with rustup (https://rustup.rs), open a new shell, and run this again."
required=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml | head -n 1)
found=$(cargo --version | sed 's/^cargo \([0-9]*\.[0-9]*\.[0-9]*\).*/\1/')
oldest=$(printf '%s\n%s\n' "$required" "$found" | sort -V | head -n 1)
[[ "$oldest" == "$required" ]] || die "this is Rust $found; the workspace needs $required or newer" \
  "With rustup: rustup update stable"

# 2. Tools that build scripts call. One line each: Debian package | is it there? | why.
missing=()
need() {
  local package=$1 present=$2 reason=$3
  if ! eval "$present" >/dev/null 2>&1; then
    missing+=("$package")
    say "missing: $package ($reason)"
  fi
}
need gcc 'command -v cc' 'C parts of secp256k1, zstd, lz4 and ring, and linking'
need libc6-dev 'command -v cc && echo "#include <stdlib.h>" | cc -E -x c -' 'C headers for the same'
need make 'command -v make' 'every command of this repository'
need pkg-config 'command -v pkg-config' 'finds OpenSSL'
need libssl-dev 'pkg-config --atleast-version=1.1.0 openssl' \
  'OpenSSL, which a library of the Substrate network crates links (.cargo/config.toml)'
if [[ "$binaryen" == yes ]]; then
  need g++ 'command -v c++' 'C++ of Binaryen, which optimises the blobs that are measured'
fi
if [[ "$python" == yes ]]; then
  need python3 'command -v python3' 'reads the test vectors'
fi
if [[ "$clients" == yes ]]; then
  need python3 'command -v python3' 'runs the clients'
  need python3-venv 'python3 -c "import ensurepip"' 'where packages of Python are installed'
fi
need protobuf-compiler 'command -v protoc || [[ -x "${PROTOC:-}" ]]' 'message formats of the Substrate network crates'

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

if [[ ${#missing[@]} -gt 0 ]]; then
  hint="On another system install these by its own package manager: ${missing[*]}"
  command -v apt-get >/dev/null 2>&1 || die "no apt-get here to install them with" "$hint"
  [[ $(id -u) -eq 0 ]] || command -v sudo >/dev/null 2>&1 || die "neither root nor sudo, so nothing can be installed" \
    "As root: apt-get install ${missing[*]}"
  say "installing with apt-get: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the package lists that are here"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get could not install ${missing[*]}" "Its own message stands above." "$hint"
fi

# 3. Formatter and lints, where asked for: rustup's minimal profile leaves them out.
if [[ "$lint" == yes ]]; then
  for pair in fmt:rustfmt clippy:clippy; do
    if ! cargo "${pair%%:*}" --version >/dev/null 2>&1; then
      say "missing: ${pair##*:} (make lint)"
      command -v rustup >/dev/null 2>&1 && rustup component add "${pair##*:}" >&2 ||
        die "${pair##*:} cannot be installed" "With rustup and a network: rustup component add ${pair##*:}"
    fi
  done
fi
