#!/usr/bin/env bash
# Runs a cargo command, and says every half minute how far it is and roughly how long it will take.
#
#   scripts/progress.sh cargo build --workspace
#
# On a terminal cargo's own bar is on the last line, and ours stand above it. Exit code: cargo's.
#   PROGRESS_EVERY   seconds between two lines (default: 30)
#   PROGRESS_LOG     a file for "seconds done total", one line for each that cargo reports
set -euo pipefail

every=${PROGRESS_EVERY:-30}
log=${PROGRESS_LOG:-/dev/null}

# Which part of the time (in thousandths) is gone when a part of the units (in thousandths) is compiled: small crates come
# first, and the runtimes last. Measured on two cores with an empty cache.
curve_units=(0 200 400 500 700 900 950 970 980 995 998 1000)
curve_time=(0 78 308 411 474 583 632 702 887 958 976 1000)

# Thousandths of the time that are gone after $1 thousandths of the units.
gone() {
  local i
  for ((i = 1; i < ${#curve_units[@]}; i++)); do
    if (($1 <= curve_units[i])); then
      local from=${curve_units[i - 1]} to=${curve_units[i]}
      echo $((curve_time[i - 1] + ($1 - from) * (curve_time[i] - curve_time[i - 1]) / (to - from)))
      return
    fi
  done
  echo 1000
}

# "3 min", or "40 s" below two minutes.
spoken() {
  if (($1 >= 120)); then echo "$((($1 + 30) / 60)) min"; else echo "$1 s"; fi
}

# Cargo's bar: "    Building [=====>    ] 412/1079: sp-core, ..." between carriage returns.
follow() {
  local line said=0 first="" started=$SECONDS clear=""
  [[ ! -t 2 ]] || clear=$'\r\033[K'
  while IFS= read -r line; do
    if [[ $line =~ Building.*\]\ ([0-9]+)/([0-9]+) ]]; then
      local done=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]} spent=$((SECONDS - started))
      echo "$spent $done $total" >>"$log"
      # What lies ready counts as done from the start, and takes no time.
      [[ -n $first ]] || first=$done
      if ((spent >= said + every && done > first)); then
        said=$spent
        local from to
        from=$(gone $((1000 * first / total)))
        to=$(gone $((1000 * done / total)))
        ((to > from)) || continue
        local left=$((spent * (1000 - to) / (to - from)))
        printf '%sbuild: %d of %d units in %s; about %s to go\n' "$clear" "$done" "$total" "$(spoken $spent)" "$(spoken $left)"
      fi
      [[ ! -t 2 ]] || printf '%s%s' "$clear" "${line:0:${COLUMNS:-80}}"
    elif [[ -n ${line//[[:space:]]/} ]]; then
      printf '%s%s\n' "$clear" "$line"
    fi
  done
  [[ ! -t 2 ]] || printf '%s' "$clear"
}

CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=100 "$@" 2> >(stdbuf -oL tr '\r' '\n' | follow >&2) &
cargo=$!
trap 'kill "$cargo" 2>/dev/null || true' INT TERM
status=0
wait "$cargo" || status=$?
exit "$status"
