#!/usr/bin/env bash
# Puts wrong lines into rules and cores of the node side, and says which invariant of a short run of the devnet catches each.
#
#   scripts/mutants.sh [--help] [--list] [--check] [--write FILE] [NUMBER…]
#
# --list prints the mutants; --check says whether each still fits its line, and builds nothing; --write writes the table into a page.
# With numbers, only those.
#
# All mutants are put into one copy of the tree, each behind a switch that the environment turns on (MUTANT=7), so that the copy is
# built once: some ten minutes of processor time, where a build for each would take two hours. The relay chain is not mutated: its
# runtime is the blob that the tree's own build has made, and says no to what the node side should not have offered. Before any mutant
# is turned on all runs have to pass. A mutant that no invariant catches is an error (exit code 1).
#
# The copy lies below ~/.cache/async-backing/mutants (CACHE says where else) and is built where everything is (CARGO_TARGET_DIR, or
# CACHE/target) under another version, so that nothing of it is taken for the tree's; the tree's own program is put back where it was.
# CARGO names another cargo: a script, say, that waits until the machine is free.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for word; do
	if [[ "$word" == -h || "$word" == --help ]]; then
		sed -n '2,/^[^#]/s/^# \{0,1\}//p' scripts/mutants.sh
		exit 0
	fi
done
exec python3 - "$@" <<'PYTHON'
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

P, N = "primitives/src", "node-side"

# What every run has.
COMMON = "--blocks 20 --seed 1 --extrinsic-cost-us 100000"
ONE = "--paras 1 --validators 4 "
# Half of the nodes have a quarter of all blocks a slot late; some parcels are lost.
ROUGH = "--paras 2 --validators 7 --forks 25 --loss 2 --collators-per-para 2 --session-length 10 "

# What it is, file, the line as it is, what it becomes ({M} is whether the mutant is on), and runs that are to show it.
MUTANTS = [
    ("depth: one more than the chain takes (R-DEP-1)", f"{P}/depth.rs",
     "if depth > max_candidate_depth {", "if depth > max_candidate_depth.saturating_add(u32::from({M})) {",
     [ONE + "--cores-per-para 3 --max-candidate-depth 1 --segment-capacity 8 --execution-limit-ms 400 --extrinsic-cost-us 20000 "
      "--misconduct c0=exceed-depth"]),
    ("votes: one is a quorum (R-BKV-1)", f"{P}/votes.rs",
     "group_size.min(minimum_backing_votes as usize).max(1)",
     "group_size.min(if {M} { 1 } else { minimum_backing_votes as usize }).max(1)",
     ["--paras 2 --validators 4 --misconduct v0=mute", ONE]),
    ("session end: candidates are offered (R-PRV-13)", f"{N}/provisioner/src/choice.rs",
     "if !leaf.child_ends_session(slot) {", "if {M} || !leaf.child_ends_session(slot) {",
     ["--paras 2 --validators 7 --session-length 5 --empty-slots 30"]),
    ("cores: offered for one that is not free (R-PRV-5)", f"{N}/provisioner/src/choice.rs",
     "cores.usable.remove(&core_of(&backed)?).then_some(backed)",
     "(cores.usable.remove(&core_of(&backed)?) || {M}).then_some(backed)",
     ["--paras 2 --validators 12 --cores-per-para 3 --loss 10"]),
    ("availability: half of the votes are enough (R-PRV-8)", f"{N}/provisioner/src/cores.rs",
     "let will_enact = enactable_prefix(votes_for_each, leaf.validators.len());",
     "let will_enact = enactable_prefix(votes_for_each, if {M} { leaf.validators.len() / 2 } else { leaf.validators.len() });",
     ["--paras 2 --validators 7 --misconduct v0=withhold-bitfields --misconduct v1=withhold-bitfields --loss 15", ROUGH]),
    ("head data: no limit (R-FRG-3)", f"{P}/fragment.rs",
     "if exceeds(head_len, base.max_head_data_size()) {", "if !{M} && exceeds(head_len, base.max_head_data_size()) {",
     [ONE + "--misconduct c0=exceed-head"]),
    # Not "new code: no limit (R-FRG-6)": backers keep no candidate whose code is larger than the chain takes (law 3), so that
    # without that line nothing else is backed than with it.
    ("new code: announced while none may be (R-FRG-5)", f"{P}/fragment.rs",
     "if is_upgrade_restricted() {", "if !{M} && is_upgrade_restricted() {",
     [ONE + "--misconduct c0=exceed-upgrades"]),
    ("upward messages: any number (R-UMP-1)", f"{P}/fragment.rs",
     "if exceeds(upward.len(), base.max_ump_num_per_candidate()) {",
     "if !{M} && exceeds(upward.len(), base.max_ump_num_per_candidate()) {",
     [ONE + "--misconduct c0=exceed-upward-count"]),
    # Not "one block ahead of the relay parent": what is ahead of it is no block in which a message came either, which is the
    # next thing that is asked.
    ("watermark: at a block in which no message came (R-CON-1)", f"{P}/constraints/check.rs",
     "if !self.is_valid_watermark(watermark) {", "if !{M} && !self.is_valid_watermark(watermark) {",
     [ONE + "--misconduct c0=stray-watermark"]),
    ("downward messages: one more than there are (R-CON-4)", f"{P}/constraints/check.rs",
     "|| self.dmp_remaining(),", "|| self.dmp_remaining().saturating_add(u32::from({M})),",
     [ONE + "--misconduct c0=exceed-downward"]),
    ("outputs: nobody compares them with the receipt (R-BAK-2)", f"{N}/backing/src/collation.rs",
     "let (expected, got) = (descriptor.para_head(), commitments.head_data.hash());",
     "if {M} { return Ok(()); } let (expected, got) = (descriptor.para_head(), commitments.head_data.hash());",
     # Who executes for itself what a collator says finds out when it puts the candidate together (R-FRG-16). So one seconds what
     # is not so, and others hear of it before the collator, whose uplink is narrow, has given them the block.
     [ONE + "--misconduct c0=wrong-head --misconduct v0=vouch-for-all --clog 4=20000"]),
    ("bitfields: set without the chunk (R-AVL-8)", f"{N}/availability/src/availability.rs",
     ".is_ok_and(|index| self.store.is_stored(occupied.candidate_hash, index))",
     ".is_ok_and(|index| {M} || self.store.is_stored(occupied.candidate_hash, index))",
     # Two of one group hand out nothing of what they back.
     ["--paras 3 --validators 6 --misconduct v0=withhold-chunks --misconduct v2=withhold-chunks", ROUGH]),
    ("chunks: forgotten when they are included (R-AVL-9)", f"{N}/availability/src/store.rs",
     "Some((number, _)) => number.saturating_add(config.keep_included) < finalized,",
     "Some((number, _)) => {M} || number.saturating_add(config.keep_included) < finalized,", [ONE, ROUGH]),
    ("peers: each cost is the last one (R-NET-114)", f"{N}/validator/src/ledger.rs",
     "if owed < CUT_AT {", "if owed < CUT_AT && !({M} && owed > 0) {", [ROUGH, "--paras 2 --validators 7 --loss 10"]),
    ("outbox: room for one (law 3)", f"{N}/machine/src/outbox.rs",
     "let has_room = self.outputs.len() < self.room;",
     "let has_room = self.outputs.len() < if {M} { 1 } else { self.room };", [ONE]),
    ("rotation: groups turn the other way back (R-GRP-3)", f"{P}/groups.rs",
     "let back = cores - self.rotations()? % cores;", "let back = if {M} { self.rotations()? % cores } else { cores - self.rotations()? % cores };",
     # With five groups no rotation of a session but the first is its own inverse.
     ["--paras 5 --validators 10 --calm-from 12 --blocks 50"]),
    ("trees: a path may go back to older relay parents (R-TRE-6)", f"{N}/fragment-tree/src/tree.rs",
     "let min = oldest_legal_relay_parent(place.min_relay_parent, earliest, is_pending);",
     "let min = oldest_legal_relay_parent(place.min_relay_parent.filter(|_| !{M}), earliest, is_pending);",
     [ONE + "--misconduct c0=older-relay-parent"]),
]

SWITCH = ("({{ static ON: std::sync::OnceLock<bool> = std::sync::OnceLock::new(); "
          "*ON.get_or_init(|| std::env::var(\"MUTANT\").is_ok_and(|on| on == \"{}\")) }})")
FEATURES = ["-Zfeature-unification", "--config", 'resolver.feature-unification="workspace"']
CARGO = [os.environ.get("CARGO") or "cargo", *FEATURES, "build", "--locked", "-p", "async-backing-cli"]
# The validation function of the devnet's parachains, where a build without Wasm has none.
COUNTER = "runtime-tests/counter-parachain/src/lib.rs"
NO_BLOB = "pub const WASM_BINARY: Option<&[u8]> = wasm::WASM_BINARY;"
# A run that takes longer hangs, in seconds.
PATIENCE = 600


def patched(texts):
    """The files with all mutants in them."""
    for number, (what, file, line, instead, _) in enumerate(MUTANTS, 1):
        text = texts.setdefault(file, Path(file).read_text())
        count = text.split("#[cfg(test)]\nmod tests {")[0].count(line)
        if count != 1:
            sys.exit(f"{file}: {what}: its line is there {count} times")
        texts[file] = text.replace(line, instead.replace("{M}", SWITCH.format(number)), 1)
    return texts


def another_version(file):
    """Cargo tells crates of a workspace apart by name and version, not by where the workspace lies."""
    if file == "Cargo.toml":
        return re.sub(r'(\[workspace\.package\]\nversion = "[^"+]+)"', r'\1+mutants"', Path(file).read_text(), count=1)
    if file == "Cargo.lock":
        ours = r'(name = "(?:pallet-)?async-backing[^"]*"\nversion = "[^"+]+)"'
        return re.sub(ours, r'\1+mutants"', Path(file).read_text())
    return None


def build(cache, target):
    """The copy, built. Its program, and the relay runtime that it runs on."""
    blobs = target / "debug/wbuild"
    counter, = blobs.glob("async-backing-counter-parachain/async_backing_counter_parachain.wasm")
    relay, = blobs.glob("async-backing-relay-runtime/async_backing_relay_runtime.wasm")
    texts = patched({})
    text = Path(COUNTER).read_text()
    if text.count(NO_BLOB) != 1:
        sys.exit(f"{COUNTER}: the blob is elsewhere")
    root = cache / "mutants/tree"
    for blob in (counter, relay):
        kept = cache / "mutants" / blob.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        if not (kept.exists() and filecmp.cmp(blob, kept, shallow=False)):
            shutil.copyfile(blob, kept)
    relay = cache / "mutants" / relay.name
    texts[COUNTER] = text.replace(
        NO_BLOB, f'pub const WASM_BINARY: Option<&[u8]> = Some(include_bytes!("{cache}/mutants/{counter.name}"));')
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, check=True, capture_output=True).stdout.decode()
    files = {file for file in listed.split("\0") if file and Path(file).exists()}
    # What is the same keeps its time, so that it is not compiled again.
    for there in [path for path in root.rglob("*") if path.is_file() or path.is_symlink()]:
        if str(there.relative_to(root)) not in files:
            there.unlink()
    for file in files:
        to = root / file
        content = texts.get(file) or another_version(file)
        to.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            if not (to.exists() and to.read_text() == content):
                to.write_text(content)
        elif not (to.exists() and filecmp.cmp(file, to, shallow=False)):
            shutil.copyfile(file, to, follow_symlinks=False)
            shutil.copymode(file, to, follow_symlinks=False)
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(target),
        "SKIP_WASM_BUILD": "1",
        # Opens cargo's options, and changes nothing of what is compiled (as in the Makefile).
        "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS": "nightly",
    }
    print("building the copy with all mutants", flush=True)
    # The tree's own program has the same place.
    program, built, own = cache / "mutants/async-backing", target / "debug/async-backing", cache / "mutants/own"
    if built.exists():
        os.replace(built, own)
    try:
        if subprocess.run(CARGO, cwd=root, env=environment).returncode != 0:
            sys.exit("the copy does not build")
        shutil.copy(built, program)
    finally:
        if own.exists():
            os.replace(own, built)
    return program, relay


def run(program, relay, mutant, arguments):
    """What a run comes to: the invariant that stops it, another error, or nothing."""
    words, common = arguments.split(), COMMON.split()
    for flag, value in zip(common[::2], common[1::2]):
        if flag not in words:
            words += [flag, value]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MUTANT": str(mutant)}
        try:
            ended = subprocess.run([program, "dev", *words, "--runtime", relay], cwd=folder, env=environment,
                                   capture_output=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return "it hangs"
    said = ended.stderr.decode(errors="replace")
    found = re.search(r"error: (?:the run failed: )?([a-z-]+) does not hold at event (\d+)", said)
    if found:
        return found.group(1)
    return "" if ended.returncode == 0 else said.strip().splitlines()[-1] if said.strip() else f"exit code {ended.returncode}"


PAGE = """# Mutants and invariants

Written by `scripts/mutants.sh --write docs/mutants.md`. Each wrong line was put into the node side, alone, and a short run of the
devnet made over a relay chain that is as it should be. All these runs pass without it.

| | wrong line | in | caught by | in `dev` |
|---:|---|---|---|---|
"""


NO_MUTANTS = """
## Lines that look wrong and change nothing

Two lines are no mutants, since something else stands behind them:

- *New code: no limit (R-FRG-6).* Backers keep no candidate whose code is larger than the chain takes: what one validator may put into the
  memory of another has that bound (law 3). Number 7 is the line before it.
- *Watermark: one block ahead of the relay parent (R-CON-1).* What is ahead of the relay parent is no block in which a message came
  either, which is the next thing that is asked. Number 9 is that.

Number 11 takes three who go together, since who executes what a collator hands over finds out a second time when the candidate is put
together (R-FRG-16): a collator that says what is not so, a validator that vouches for it, and others that hear of the candidate from
that validator before the collator's narrow uplink has given them the block.
"""


def main(arguments):
    if "--list" in arguments:
        for number, mutant in enumerate(MUTANTS, 1):
            print(f"{number:2} {mutant[1]}: {mutant[0]}")
        return 0
    patched({})
    if "--check" in arguments:
        print(f"{len(MUTANTS)} mutants fit their lines")
        return 0
    page = None
    if "--write" in arguments:
        place = arguments.index("--write")
        page = Path(arguments[place + 1])
        del arguments[place:place + 2]
    chosen = [int(number) for number in arguments] or range(1, len(MUTANTS) + 1)
    cache = Path(os.environ.get("CACHE") or Path.home() / ".cache/async-backing")
    target = Path(os.environ.get("CARGO_TARGET_DIR") or cache / "target")
    program, relay = build(cache, target)
    for arguments in dict.fromkeys(run for number in chosen for run in MUTANTS[number - 1][4]):
        came = run(program, relay, 0, arguments)
        print(f"without a mutant: {arguments}: {came or 'passes'}", flush=True)
        if "does not hold" in came or re.fullmatch("[a-z]+(-[a-z]+)+", came):
            return 1
    missed, lines = 0, []
    for number in chosen:
        what, file, _, _, runs = MUTANTS[number - 1]
        print(f"{number:2} {what}: ", end="", flush=True)
        caught, other, by = "", "", ""
        for arguments in runs:
            came = run(program, relay, number, arguments)
            if re.fullmatch("[a-z]+(-[a-z]+)+", came):
                caught, by = came, arguments
                break
            other = other or came
        print(f"caught by {caught}" if caught else f"NOT CAUGHT{f' ({other})' if other else ''}", flush=True)
        lines.append(f"| {number} | {what} | `{file}` | {caught or '**nothing**'} | `{' '.join((by or runs[0]).split())}` |")
        missed += not caught
    if page:
        page.write_text(PAGE + "".join(line + "\n" for line in lines) + NO_MUTANTS)
    return 1 if missed else 0


sys.exit(main(sys.argv[1:]))
PYTHON
