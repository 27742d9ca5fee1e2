#!/usr/bin/env bash
# Packs crates as they would be published, and checks that each compiles from what was packed, alone.
#
#   scripts/package.sh CACHE PACKAGE..
#
#   PACKAGE_ONLY_PACKS=yes   packs, and compiles nothing
#
# `cargo package` builds each from its package by itself, down to machine code and debug information, with all of Substrate
# behind it, once for each set of features. Whether a package is whole is known when the compiler has checked it: the
# packages are unpacked side by side into a workspace that takes each from beside it instead of from the registry, and each
# is checked with no features but those that it asks for itself. Versions are those of our lock file.
# Exit code 1: a package cannot be made, or does not compile; all that do not are named.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$1
shift
export CARGO_TARGET_DIR="$cache/package"
packed="$CARGO_TARGET_DIR/package"
tree="$CARGO_TARGET_DIR/tree"
rm -rf "$packed" "$tree"

names=()
for name in "$@"; do names+=(-p "$name"); done
cargo package --locked --no-verify "${names[@]}"
if [[ -n "${PACKAGE_ONLY_PACKS:-}" ]]; then exit 0; fi

mkdir -p "$tree"
cp Cargo.lock "$tree/Cargo.lock"
{
  echo '[workspace]'
  echo 'resolver = "2"'
  echo 'members = ["*-[0-9]*"]'
  echo '[profile.dev]'
  echo 'debug = false'
  echo '[patch.crates-io]'
} >"$tree/Cargo.toml"
for name in "$@"; do
  archives=("$packed/$name"-[0-9]*.crate)
  [[ ${#archives[@]} -eq 1 && -f "${archives[0]}" ]] || { echo "package: there is not one archive of $name" >&2; exit 1; }
  # Archives give each file one and the same date, of years ago, by which cargo takes it for what it compiled the last time.
  tar -xmzf "${archives[0]}" -C "$tree"
  directory=$(basename "${archives[0]}" .crate)
  # A package's own lock file would be taken for nothing and kept out of date.
  rm -f "$tree/$directory/Cargo.lock"
  echo "$name = { path = \"$directory\" }" >>"$tree/Cargo.toml"
done

# Crates of ours that no package needs leave the lock file here; no version changes.
cargo metadata --manifest-path "$tree/Cargo.toml" --format-version 1 >/dev/null
while read -r line; do
  grep -qxF "$line" Cargo.lock || { echo "package: a version that our lock file does not have: $line" >&2; exit 1; }
done < <(grep '^checksum' "$tree/Cargo.lock")

broken=()
count=0
for name in "$@"; do
  count=$((count + 1))
  echo "package: $name ($count of $#)"
  cargo check --locked --manifest-path "$tree/Cargo.toml" -p "$name" || broken+=("$name")
done
if ((${#broken[@]} > 0)); then
  echo "package: ${#broken[@]} of $# do not compile from their packages: ${broken[*]}" >&2
  exit 1
fi
echo "package: $# packages, each compiles alone"
