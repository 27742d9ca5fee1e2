#!/usr/bin/env bash
# Puts bugs into a copy of the tree, one at a time, and says which checks catch each.
#
#   scripts/injected-bugs.sh [--list] [--check] [NUMBER…]
#
# --list prints the bugs; --check says whether each still fits its line, and builds nothing. With numbers, only those. The
# copy and what is built of it lie below ~/.cache/async-backing/injected-bugs (CACHE says where else). Each check is a test
# that `make test` runs; a bug that none catches is an error (exit code 1). With a warm build a bug takes minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec python3 - "$@" <<'PYTHON'
import os
import shutil
import subprocess
import sys
from pathlib import Path

P, T, I = "primitives/src", "node-side/fragment-tree/src", "pallets/inclusion/src"

# What it is, file, the code, and what it becomes. The code is there once.
BUGS = [
    ("depth: one more is legal (R-DEP-1)", f"{P}/depth.rs",
     "if depth > max_candidate_depth {", "if depth > max_candidate_depth.saturating_add(1) {"),
    ("window: one relay parent more (R-REL-2)", f"{P}/relay_parents.rs",
     "let keep_before = allowed_ancestry_len.min", "let keep_before = (allowed_ancestry_len + 1).min"),
    ("window: earliest one told too early (R-REL-6)", f"{P}/relay_parents.rs",
     "at.saturating_sub(allowed_ancestry_len.min(len))", "at.saturating_sub(allowed_ancestry_len + len * 0)"),
    ("threshold: two thirds instead of n - f (R-ENA-1)", f"{P}/availability.rs",
     "validators - byzantine_threshold(validators)", "validators * 2 / 3"),
    ("threshold: a vote of nobody is enough (R-BKV-1)", f"{P}/votes.rs",
     "group_size.min(minimum_backing_votes as usize).max(1)", "group_size.min(minimum_backing_votes as usize)"),
    ("rotation: groups turn the other way back (R-GRP-3)", f"{P}/groups.rs",
     "let back = cores - self.rotations()? % cores;", "let back = self.rotations()? % cores;"),
    ("rotation: a block late (R-GRP-2)", f"{P}/groups.rs",
     "let blocks = self.now.checked_sub(self.session_start_block)?;",
     "let blocks = self.now.checked_sub(self.session_start_block)?.saturating_sub(1);"),
    ("time-out: the window is open a block longer (R-TMO-1)", f"{P}/timeouts.rs",
     "since_rotation < u64::from(self.paras_availability_period)",
     "since_rotation <= u64::from(self.paras_availability_period)"),
    ("time-out: a block late (R-TMO-2)", f"{P}/timeouts.rs",
     "backed_in.saturating_add(self.paras_availability_period) <= at",
     "backed_in.saturating_add(self.paras_availability_period) < at"),
    ("watermark: may go back below the path's (R-CON-1)", f"{P}/constraints/operating.rs",
     "Some(current) if watermark <= current => watermark == current,",
     "Some(current) if watermark <= current => true,"),
    ("watermark: may be ahead of the relay parent (R-CON-1)", f"{P}/fragment.rs",
     "if commitments.hrmp_watermark > relay_parent.number {",
     "if commitments.hrmp_watermark > relay_parent.number + 1 {"),
    ("upgrade: applied a relay parent late (R-MOD-6)", f"{P}/fragment.rs",
     ".is_some_and(|(at, _)| relay_parent_number >= at)", ".is_some_and(|(at, _)| relay_parent_number > at)"),
    ("downward: the relay parent's own message need not be seen (R-DMP-1)", f"{P}/fragment.rs",
     ".filter(|sent_at| *sent_at <= relay_parent.number)", ".filter(|sent_at| *sent_at < relay_parent.number)"),
    ("upward: signals count (R-UMP-1)", f"{P}/fragment.rs",
     "if exceeds(upward.len(), base.max_ump_num_per_candidate()) {",
     "if exceeds(commitments.upward_messages.len(), base.max_ump_num_per_candidate()) {"),
    ("skipped check: what the extension limits (R-FRG-12)", f"{P}/fragment.rs",
     "	check_extension(operating, commitments, upward)?;\n",
     "	let _ = check_extension(operating, commitments, upward);\n"),
    ("stack: the earlier watermark wins (R-MOD-8)", f"{P}/constraints/modifications.rs",
     "(old, new) => new.or(old),", "(old, new) => old.or(new),"),
    ("tree: relay parents may go back on a path (R-TRE-6)", f"{T}/tree.rs",
     "let min = oldest_legal_relay_parent(place.min_relay_parent, earliest, is_pending);",
     "let min = oldest_legal_relay_parent(place.min_relay_parent.min(None), earliest, is_pending);"),
    ("tree: ties go to the higher hash (R-SEL-3)", f"{T}/rule.rs",
     "challenger.hash() < incumbent.hash()", "challenger.hash() > incumbent.hash()"),
    ("order of enactment: horizontal messages before the watermark (R-ENA-4)", f"{I}/enact.rs",
     "	T::Hrmp::prune(para, commitments.hrmp_watermark, candidate.relay_parent_number);\n"
     "	if !commitments.horizontal_messages.is_empty() {\n"
     "		T::Hrmp::enqueue(para, commitments.horizontal_messages, now);\n	}\n",
     "	if !commitments.horizontal_messages.is_empty() {\n"
     "		T::Hrmp::enqueue(para, commitments.horizontal_messages, now);\n	}\n"
     "	T::Hrmp::prune(para, commitments.hrmp_watermark, candidate.relay_parent_number);\n"),
    ("stale snapshot: claim queues of a block before (R-REL-7)", f"{I}/snapshot.rs",
     "ClaimQueueSnapshots::<T>::insert(Self::now(), snapshot);",
     "ClaimQueueSnapshots::<T>::insert(Self::now().saturating_add(1), snapshot);"),
    ("skipped check: depth on the chain (R-DEP-1)", f"{I}/process/backing.rs",
     "			path.accepted,\n			self.config", "			path.accepted * 0,\n			self.config"),
]

CARGO = ["cargo", "-Zfeature-unification", "--config", 'resolver.feature-unification="workspace"', "test", "--locked"]
CHECKS = [
    ("primitives", CARGO + ["-p", "async-backing-primitives", "--lib"]),
    ("fragment-tree", CARGO + ["-p", "async-backing-fragment-tree", "--lib"]),
    ("vectors", CARGO + ["-p", "async-backing-vectors", "--test", "committed"]),
    ("inclusion", CARGO + ["-p", "pallet-async-backing-inclusion", "--lib"]),
    ("conformance", CARGO + ["-p", "async-backing-conformance", "--tests"]),
    ("two halves", CARGO + ["-p", "async-backing-relay-runtime", "--test", "two_halves"]),
]


def patched(text, bug):
    what, file, code, instead = bug
    # Tests are below the code.
    count = text.split("#[cfg(test)]\nmod tests {")[0].count(code)
    if count != 1:
        sys.exit(f"{file}: {what}: its code is there {count} times")
    return text.replace(code, instead, 1)


def main(arguments):
    if "--list" in arguments:
        for number, bug in enumerate(BUGS, 1):
            print(f"{number:2} {bug[1]}: {bug[0]}")
        return 0
    if "--check" in arguments:
        for bug in BUGS:
            patched(Path(bug[1]).read_text(), bug)
        print(f"{len(BUGS)} bugs fit their lines")
        return 0
    chosen = [int(number) for number in arguments] or range(1, len(BUGS) + 1)
    cache = Path(os.environ.get("CACHE") or Path.home() / ".cache/async-backing") / "injected-bugs"
    tree = cache / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    files = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True).stdout.decode().split("\0")
    for file in filter(None, files):
        target = tree / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target, follow_symlinks=False)
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(cache / "target"),
        "SKIP_WASM_BUILD": "1",
        # Opens cargo's options, and changes nothing of what is compiled (as in the Makefile).
        "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS": "nightly",
    }
    passes = lambda check: subprocess.run(check, cwd=tree, env=environment, capture_output=True).returncode == 0
    print("without a bug: ", end="", flush=True)
    failing = [name for name, check in CHECKS if not passes(check)]
    if failing:
        print(f"{', '.join(failing)} fail")
        return 1
    print("all checks pass")
    missed = 0
    for number in chosen:
        bug = BUGS[number - 1]
        target = tree / bug[1]
        honest = target.read_text()
        target.write_text(patched(honest, bug))
        print(f"{number:2} {bug[0]}: ", end="", flush=True)
        caught = [name for name, check in CHECKS if not passes(check)]
        print("caught by " + ", ".join(caught) if caught else "NOT CAUGHT", flush=True)
        missed += not caught
        target.write_text(honest)
    return 1 if missed else 0


sys.exit(main(sys.argv[1:]))
PYTHON
