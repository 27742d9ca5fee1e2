#!/usr/bin/env bash
# Opens pages in headless Chromium and uses them as a reader does.
#
#   scripts/pages.sh CACHE TEST.mjs ARGUMENT...     a test, which gets the browser, a folder for screenshots, and the arguments
#
# Installs what is missing and says so: Node and Chromium with apt-get (as root, or through sudo), the driver and axe with npm,
# at the versions of node-side/report/tests/pages/package-lock.json, below CACHE. CHROMIUM names another browser's program.
# Screenshots are left in CACHE/screenshots. Exit code 1: a check failed, or something cannot be installed.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=$1
test=$2
shift 2
say() { echo "set-up: $*" >&2; }
as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

chromium=${CHROMIUM:-}
find_chromium() {
  local program
  for program in chromium chromium-browser google-chrome google-chrome-stable chrome-headless-shell; do
    if [[ -z "$chromium" ]] && command -v "$program" >/dev/null 2>&1; then chromium=$(command -v "$program"); fi
  done
}
find_chromium
missing=()
command -v node >/dev/null 2>&1 || missing+=(nodejs)
command -v npm >/dev/null 2>&1 || missing+=(npm)
[[ -n "$chromium" ]] || missing+=(chromium fonts-dejavu-core)
if [[ ${#missing[@]} -gt 0 ]]; then
  say "missing: ${missing[*]} (make test-pages)"
  command -v apt-get >/dev/null 2>&1 || {
    say "no apt-get here to install them with; install Node and Chromium, or name a browser: CHROMIUM=/path make test-pages"
    exit 1
  }
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the package lists that are here"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
  find_chromium
fi
[[ -n "$chromium" ]] || { say "there is still no Chromium; name a browser: CHROMIUM=/path make test-pages"; exit 1; }

mkdir -p "$cache/driver"
if ! cmp -s node-side/report/tests/pages/package-lock.json "$cache/driver/package-lock.json"; then
  say "the driver and axe, with npm, below $cache"
  cp node-side/report/tests/pages/package.json node-side/report/tests/pages/package-lock.json "$cache/driver/"
  (cd "$cache/driver" && npm ci --no-audit --no-fund --loglevel=error >&2) || {
    rm -f "$cache/driver/package-lock.json"
    exit 1
  }
fi
cp node-side/report/tests/pages/common.mjs "$cache/driver/"
cp "$test" "$cache/driver/test.mjs"
exec node "$cache/driver/test.mjs" "$chromium" "$cache/screenshots" "$@"
