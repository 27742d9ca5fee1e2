#!/usr/bin/env bash
# Makes room on the disk where builds go, when there is little: `make test` in a new checkout takes some 15 GB, and cargo never
# removes what earlier versions and other checkouts left in the same target directory.
#
#   scripts/room.sh DIRECTORY [GIGABYTES]   at least so much (default: 20) should be free where DIRECTORY is
#
# With enough room it does nothing. Otherwise it removes, until there is enough, and says so:
#   1. the state of incremental compilation;
#   2. what was compiled of the workspaces' own packages more than a day ago;
#   3. all that was compiled of these. (Libraries stay: they are what takes the time.)
# All of it comes back with the next build that wants it. Exit code 0 also where that was not enough: a build may still fit.
set -euo pipefail
directory=${1:?a directory} wanted=${2:-20}
mkdir -p "$directory"

say() { echo "room: $*" >&2; }
free() { df --output=avail -B1G "$directory" | tail -n 1 | tr -d ' '; }
enough() { (($(free) >= wanted)); }

enough && exit 0
say "$(free) GB are free in $directory, $wanted are wanted"

# A profile's directory holds the fingerprints of its units: debug, release, and the same below each target that was named.
profiles=()
while IFS= read -r found; do profiles+=("${found%/.fingerprint}"); done \
  < <(find "$directory" -maxdepth 4 -type d -name .fingerprint 2>/dev/null)

for profile in ${profiles[@]+"${profiles[@]}"}; do
  [[ -d "$profile/incremental" ]] || continue
  say "removing $profile/incremental"
  rm -rf "$profile/incremental"
done

# Removes the units of own packages in one profile; further arguments choose among their lists of sources, as find has them.
# The sources of own packages are named relative to the workspace, those of libraries are not.
remove_own() {
  local profile=$1
  shift
  find "$profile/deps" -maxdepth 1 -name '*-????????????????.d' "$@" -exec awk '
    FNR == 1 { found = 0 }
    !found && /^[^#]/ { for (i = 2; i <= NF; i++) if ($i !~ /^[\/\\]/) { found = 1; print FILENAME; break } }' {} + |
    sed -E 's/.*-([0-9a-f]{16})\.d$/\1/' | sort -u |
    while read -r hash; do
      rm -rf "$profile"/deps/*-"$hash" "$profile"/deps/*-"$hash".* "$profile"/.fingerprint/*-"$hash"
    done
}

for age in +0 -1000000; do
  enough && exit 0
  say "removing what was compiled of own packages$([[ "$age" == +0 ]] && echo ' more than a day ago')"
  for profile in ${profiles[@]+"${profiles[@]}"}; do
    [[ -d "$profile/deps" ]] && remove_own "$profile" -mtime "$age"
  done
done
enough || say "$(free) GB are free after that; the build may run out of room"
