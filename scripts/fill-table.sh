#!/usr/bin/env bash
# Puts standard input between the lines <!-- NAME --> and <!-- /NAME --> of a file.
#
#   fill-table.sh FILE NAME
set -euo pipefail
file=$1 begin="<!-- $2 -->" end="<!-- /$2 -->"
grep -qxF -- "$begin" "$file" && grep -qxF -- "$end" "$file" || {
  echo "fill-table.sh: $file has no lines $begin and $end" >&2
  exit 1
}
{
  sed "/^$begin\$/q" "$file"
  echo
  cat
  echo
  sed -n "\|^$end\$|,\$p" "$file"
} >"$file.part"
mv "$file.part" "$file"
