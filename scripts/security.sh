#!/usr/bin/env bash
# Holds docs/security.md and the code together: every test that it names exists, every constant has the value that it says.
#
#   scripts/security.sh
#
# A row of a table of bounds is | `NAME` | `value` | reason | `test`, ... |, below a line that names the file: "In `path`:".
# The value is that of the code, as it is written there. Tests are named in the last column of tables, and only there.
set -euo pipefail
cd "$(dirname "$0")/.."

page=${1:-docs/security.md}
failed=0
fail() { echo "security: $*" >&2; failed=1; }

mapfile -t sources < <(git ls-files --cached --others --exclude-standard '*.rs' | LC_ALL=C sort)
# One list of all functions, so that each name is a lookup.
functions=$(LC_ALL=C grep -hoE 'fn [a-z][a-z0-9_]*' "${sources[@]}" | sort -u)

file='' bounds=0 tests=0
while IFS= read -r line; do
  if [[ $line =~ ^In\ \`([^\`]+)\` ]]; then
    file=${BASH_REMATCH[1]}
    [ -f "$file" ] || fail "there is no $file"
    continue
  fi
  [[ $line == '|'*'|' && $line != '|---'* ]] || continue
  last=${line%|}; last=${last##*|}
  for name in $(grep -oE '`[a-z][a-z0-9_]+`' <<<"$last" | tr -d '`'); do
    tests=$((tests + 1))
    grep -qxF "fn $name" <<<"$functions" || fail "there is no test $name"
  done
  if [[ $line =~ ^\|\ \`([A-Z][A-Z0-9_]*)\`\ \|\ \`([^\`]+)\`\ \| ]]; then
    name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    bounds=$((bounds + 1))
    said=$(grep -hoE "const $name: [^=]+= [^;]+" "$file" | sed 's/^[^=]*= //' | head -1) || true
    [ "$said" = "$value" ] || fail "$name is $value on the page, and '${said:-nothing}' in $file"
  fi
done <"$page"
echo "security: $bounds bounds with the values of the code, $tests tests named"
exit $failed
