#!/usr/bin/env bash
# Holds the rule book (docs/rules.md) and the code together.
#
#   scripts/rules.sh           rule by rule: how many tests name it, and which
#   scripts/rules.sh --check   one line of summary, and the gate
#
# A test names a rule in its function's name (r_frg_3_...) or in its body, in a string (R-FRG-3, also R-FRG-1..12 and
# R-BASE-5/6/10); comments do not count. Code under tests/ that is no test function (scenario tables) counts as one
# test per file. Exit code 1: the book lists a rule twice or in a bad form, code names a rule that is not in it, or, with
# --check, a rule of a gated section has no test.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=table
case "${1:-}" in
  '') ;;
  --check) mode=check ;;
  *) echo "rules: unknown argument '$1'; only --check is known" >&2; exit 2 ;;
esac

book=docs/rules.md
# All that say what is computed, said or stored: words (1), known pains (15) and what collators of the field prove (16) aside.
gated="2 3 4 5 6 7 8 9 10 11 12 13 14 17"
# Rules of these sections whose code is still to come; each goes from here with its first test.
awaited=""
mapfile -t sources < <(git ls-files --cached --others --exclude-standard '*.rs' | LC_ALL=C sort)

LC_ALL=C awk -v mode="$mode" -v book="$book" -v gated="$gated" -v awaited="$awaited" '
# The ids in a text, expanded, as keys of `out`: R-FRG-1..12, R-BASE-5/6/10, R-FRG-1,3,4, and plain R-FRG-3.
function ids_in(text, out,    head, rest, section, number, last, separator) {
  while (match(text, /R-[A-Z]+-[0-9]+/)) {
    head = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    match(head, /[0-9]+$/)
    section = substr(head, 1, RSTART - 1)
    last = substr(head, RSTART) + 0
    out[section last] = 1
    while (match(text, /^(\.\.=?|\/|,)[0-9]+/)) {
      separator = substr(text, 1, 1)
      rest = substr(text, 1, RLENGTH)
      gsub(/^[.=\/,]+/, "", rest)
      number = rest + 0
      text = substr(text, RLENGTH + 1)
      if (separator == "." && number - last < 100) while (last < number) { last++; out[section last] = 1 }
      else { out[section number] = 1; last = number }
    }
  }
}
# The same for the name of a function: r_frg_3_and_4 names R-FRG-3 only, r_frg_3_r_frg_4 names both.
function ids_in_name(name, out,    part) {
  name = "_" name
  while (match(name, /_r_[a-z]+_[0-9]+/)) {
    part = toupper(substr(name, RSTART + 1, RLENGTH - 1))
    name = substr(name, RSTART + RLENGTH)
    gsub(/_/, "-", part)
    out[part] = 1
  }
}
function credit(ids, test,    id) {
  for (id in ids) if (!((id, test) in credited)) { credited[id, test] = 1; tests[id]++; names[id] = names[id] " " short(test) }
}
# A test by the folder of its crate and its own name.
function short(test,    parts) {
  split(test, parts, "::")
  sub(/\/(src|tests|benches)\/.*/, "", parts[1])
  return parts[1] (parts[2] == "" ? "" : "::" parts[2])
}
function mention(ids,    id) {
  for (id in ids) if (!(id in mentioned)) mentioned[id] = FILENAME ":" FNR
}

# The book.
FILENAME == book {
  if ($0 ~ /^## [0-9]+ /) chapter = $2
  if ($0 ~ /^- \*\*R-/) {
    if (!match($0, /^- \*\*R-[A-Z]+-[0-9]+\*\* /)) {
      print "rules: " book ":" FNR ": not of the form \"- **R-ABC-1** text\": " substr($0, 1, 40)
      failed = 1
      next
    }
    id = substr($0, 5, RLENGTH - 7)
    if (id in listed) {
      print "rules: " book ":" FNR ": " id " is listed before, in line " listed[id]
      failed = 1
      next
    }
    listed[id] = FNR
    chapter_of[id] = chapter
    order[++rules] = id
  }
  next
}

# The code.
FNR == 1 { test = ""; pending = 0; file_test = FILENAME ~ /(^|\/)tests\// ? FILENAME : "" }
{
  delete ids
  ids_in($0, ids)
  mention(ids)
  comment = $0 ~ /^[ \t]*\/\//
  if ($0 ~ /#\[(test|tokio::test|should_panic)/) { pending = 1 }
  if (!comment && match($0, /fn [a-z_0-9]+/)) {
    name = substr($0, RSTART + 3, RLENGTH - 3)
    if (pending) {
      match($0, /^[ \t]*/)
      indent = substr($0, 1, RLENGTH)
      test = FILENAME "::" name
      pending = 0
      delete named
      ids_in_name(name, named)
      mention(named)
      credit(named, test)
    }
  }
  if (!comment) {
    if (test != "") credit(ids, test)
    else if (file_test != "") credit(ids, file_test)
  }
  if (test != "" && $0 == indent "}") test = ""
}

END {
  for (id in mentioned) if (!(id in listed)) {
    print "rules: " mentioned[id] ": " id " is not in " book
    failed = 1
  }
  for (i = 1; i <= rules; i++) {
    id = order[i]
    if (tests[id] > 0) covered++
    if (mode == "table") printf "%-11s %s%s\n", id, (tests[id] > 0 ? tests[id] : "-"), names[id]
    if (mode != "check" || index(" " gated " ", " " chapter_of[id] " ") == 0) continue
    excused = index(" " awaited " ", " " id " ")
    if (!tests[id] && excused) print "rules: " id " is awaited: it has no test yet"
    if (!tests[id] && !excused) {
      print "rules: " book ":" listed[id] ": " id " has no test"
      failed = 1
    }
  }
  printf "rules: %d in the book, %d named by at least one test\n", rules, covered
  exit failed
}' "$book" "${sources[@]}"
