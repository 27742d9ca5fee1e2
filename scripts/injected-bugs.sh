#!/usr/bin/env bash
# Puts bugs into a copy of the tree, one at a time, and says which checks catch each.
#
#   scripts/injected-bugs.sh [--list] [--check] [--first] [--write FILE] [NUMBER…]
#
# --list prints the bugs; --check says whether each still fits its line, and builds nothing. With numbers, only those. With
# --first it goes on to the next bug when one check has caught it: checks are in the order of what they take. --write puts
# the table into a page; bugs that were not tried keep the line that they have there.
#
# The copy lies below ~/.cache/async-backing/injected-bugs (CACHE says where else) and is built where everything is
# (CARGO_TARGET_DIR, or CACHE/target), so that only our own crates are compiled, those that the bug's checks need. Each
# check is a test that `make test` runs, and is tried without a bug before it is used; one that hangs has caught its bug. A
# bug that none catches is an error (exit code 1). With a warm build a bug takes about a minute, with all checks some five.
# CARGO names another cargo: a script, say, that waits until the machine is free.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec python3 - "$@" <<'PYTHON'
import filecmp
import os
import re
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

FEATURES = ["-Zfeature-unification", "--config", 'resolver.feature-unification="workspace"']
CARGO = [os.environ.get("CARGO") or "cargo", *FEATURES, "test", "--locked"]
# Name, what is tested, and the crates whose bugs it can see. What takes least comes first.
CHECKS = [
    ("primitives", ["-p", "async-backing-primitives", "--lib"], {P}),
    ("fragment-tree", ["-p", "async-backing-fragment-tree", "--lib"], {P, T}),
    ("inclusion", ["-p", "pallet-async-backing-inclusion", "--lib"], {P, I}),
    ("vectors", ["-p", "async-backing-vectors", "--test", "committed"], {P, T}),
    ("conformance", ["-p", "async-backing-conformance", "--tests"], {P}),
    ("two halves", ["-p", "async-backing-relay-runtime", "--test", "two_halves"], {P, T, I}),
]
# A check that runs longer hangs, in seconds.
PATIENCE = 1_200


def patched(text, bug):
    what, file, code, instead = bug
    # Tests are below the code.
    count = text.split("#[cfg(test)]\nmod tests {")[0].count(code)
    if count != 1:
        sys.exit(f"{file}: {what}: its code is there {count} times")
    return text.replace(code, instead, 1)


def crate_of(bug):
    return next(crate for crate in (P, T, I) if bug[1].startswith(crate))


def another_version(file):
    """What the copy has of a file that says our crates' version; `None` of others.

    Cargo tells crates of a workspace apart by name and version, not by where the workspace lies: what is built of the copy
    would be taken for what is built of the tree, with the bug in it.
    """
    if file == "Cargo.toml":
        return re.sub(r'(\[workspace\.package\]\nversion = "[^"+]+)"', r'\1+injected"', Path(file).read_text(), count=1)
    if file == "Cargo.lock":
        ours = r'(name = "(?:pallet-)?async-backing[^"]*"\nversion = "[^"+]+)"'
        return re.sub(ours, r'\1+injected"', Path(file).read_text())
    return None


class Copy:
    """The tree with one bug or none, and what is known of its checks."""

    def __init__(self):
        cache = Path(os.environ.get("CACHE") or Path.home() / ".cache/async-backing")
        self.root = cache / "injected-bugs/tree"
        self.environment = {
            **os.environ,
            "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR") or str(cache / "target"),
            "SKIP_WASM_BUILD": "1",
            # Opens cargo's options, and changes nothing of what is compiled (as in the Makefile).
            "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS": "nightly",
        }
        self.sound = set()
        listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(listing, check=True, capture_output=True).stdout.decode()
        files = {file for file in listed.split("\0") if file and Path(file).exists()}
        # What is the same keeps its time, so that it is not compiled again.
        for there in [path for path in self.root.rglob("*") if path.is_file() or path.is_symlink()]:
            if str(there.relative_to(self.root)) not in files:
                there.unlink()
        for file in files:
            target = self.root / file
            content = another_version(file)
            if content is not None:
                if not (target.exists() and target.read_text() == content):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(content)
            elif not (target.exists() and filecmp.cmp(file, target, shallow=False)):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target, follow_symlinks=False)
                shutil.copymode(file, target, follow_symlinks=False)

    def passes(self, what):
        """Whether a test passes; `None` if it does not compile."""
        run = lambda *more: subprocess.run(
            CARGO + what + list(more), cwd=self.root, env=self.environment, capture_output=True, timeout=PATIENCE)
        built = subprocess.run(CARGO + what + ["--no-run"], cwd=self.root, env=self.environment, capture_output=True)
        if built.returncode != 0:
            sys.stderr.write(built.stderr.decode(errors="replace")[-4000:])
            return None
        try:
            return run().returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def must_pass(self, name, what):
        """Without a bug."""
        if name not in self.sound:
            if self.passes(what) is not True:
                sys.exit(f"{name} fails without a bug")
            self.sound.add(name)

    def catches(self, bug, name, what):
        """Whether a check fails with a bug that it passes without."""
        self.must_pass(name, what)
        target = self.root / bug[1]
        honest = target.read_text()
        target.write_text(patched(honest, bug))
        try:
            passes = self.passes(what)
        finally:
            target.write_text(honest)
        if passes is None:
            sys.exit(f"{bug[0]}: {name} does not compile with it")
        return not passes


PAGE = """# Injected bugs

Written by `scripts/injected-bugs.sh --write docs/injected-bugs.md`. Each bug was put into a copy of the tree, alone; a check is
a test that `make test` runs, and that passes without the bug. With `--first` no other was tried after one had caught it.

| | bug | in | caught by |
|---:|---|---|---|
"""


def write(page, caught):
    lines = {}
    if page.exists():
        for line in page.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 4 and cells[0].isdigit():
                lines[int(cells[0])] = line
    for number, names in caught.items():
        what, file = BUGS[number - 1][:2]
        lines[number] = f"| {number} | {what} | `{file}` | {', '.join(names) or '**nothing**'} |"
    page.write_text(PAGE + "".join(line + "\n" for _, line in sorted(lines.items())))


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
    page = None
    if "--write" in arguments:
        place = arguments.index("--write")
        page = Path(arguments[place + 1])
        del arguments[place:place + 2]
    only_first = "--first" in arguments
    chosen = [int(number) for number in arguments if number != "--first"] or range(1, len(BUGS) + 1)
    copy = Copy()
    missed = 0
    for number in chosen:
        bug = BUGS[number - 1]
        print(f"{number:2} {bug[0]}: ", end="", flush=True)
        names = []
        for name, what, crates in CHECKS:
            if crate_of(bug) in crates and copy.catches(bug, name, what):
                names.append(name)
                if only_first:
                    break
        print("caught by " + ", ".join(names) if names else "NOT CAUGHT", flush=True)
        if page:
            write(page, {number: names})
        missed += not names
    return 1 if missed else 0


sys.exit(main(sys.argv[1:]))
PYTHON
