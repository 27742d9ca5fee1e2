"""Clients of the ecosystem against a devnet: installs them, runs the same list with each, prints the matrix.

    run.py PROGRAM CACHE [--write FILE] [--only NAME]...

PROGRAM is `async-backing`; what is installed goes below CACHE. Each client has a devnet of its own, which is interrupted
at the end and has to end well.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIST = json.loads((HERE / "calls.json").read_text())
# A slot takes a second, ten slots are a session; the run is longer than any client.
DEVNET = ["dev", "--rpc", "0", "--real-time=6", "--keep-serving", "--session-length", "10", "--blocks", "5000"]
LOCKED = {"js": HERE / "js" / "package-lock.json", "python": HERE / "python" / "requirements.txt"}


def needed(program, why):
    if not shutil.which(program):
        sys.exit(f"{program} is not on the PATH; it is needed for {why}")


def quietly(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}")


def installed(place, kind):
    """Whether what is locked is installed there. A copy of the lock is left beside it when it is."""
    mark = place / ".installed"
    return mark.exists() and mark.read_text() == LOCKED[kind].read_text()


def javascript(cache):
    place = cache / "js"
    place.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "js").iterdir():
        if file.is_file():
            shutil.copy(file, place)
    for program in ("node", "npm"):
        needed(program, "polkadot-api and @polkadot/api (Node.js 20 or newer)")
    if not installed(place, "js"):
        print("installing polkadot-api and @polkadot/api ...", file=sys.stderr)
        quietly("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=place)
        (place / ".installed").write_text(LOCKED["js"].read_text())
    return place


def python(cache):
    place = cache / "python"
    if not installed(place, "python"):
        print("installing substrate-interface ...", file=sys.stderr)
        quietly(sys.executable, "-m", "venv", "--clear", place)
        quietly(place / "bin" / "pip", "install", "--quiet", "-r", LOCKED["python"])
        (place / ".installed").write_text(LOCKED["python"].read_text())
    return place / "bin" / "python"


def subxt(cache):
    manifest = HERE / "subxt" / "Cargo.toml"
    environment = {**os.environ, "CARGO_TARGET_DIR": str(cache / "subxt")}
    subprocess.run(
        ["cargo", "build", "--locked", "--manifest-path", manifest], check=True, env=environment
    )
    return cache / "subxt" / "debug" / "async-backing-clients-subxt"


# Name as it is in the matrix, and how it is started.
CLIENTS = {
    "subxt 0.51": lambda cache: [subxt(cache)],
    "polkadot-api 2.2": lambda cache: ["node", javascript(cache) / "papi.mjs"],
    "@polkadot/api 16.5.6": lambda cache: ["node", javascript(cache) / "polkadot-js.mjs"],
    "substrate-interface 1.8": lambda cache: [python(cache), HERE / "python" / "clients.py"],
}


class Devnet:
    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, *DEVNET], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for line in self.process.stderr:
            if " at ws://" in line:
                self.url = "ws://" + line.split(" at ws://")[1].strip()
                return
        sys.exit("the devnet ended before it served")

    def end(self):
        """Interrupts it. It has to end well, and soon."""
        self.process.send_signal(signal.SIGINT)
        try:
            _, said = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit("the devnet did not end when it was interrupted")
        if self.process.returncode:
            sys.exit(f"the devnet ended with {self.process.returncode}: {said}")


def rows_of(command, program):
    devnet = Devnet(program)
    environment = {**os.environ, "CALLS": str(HERE / "calls.json")}
    client = subprocess.Popen(
        [*map(str, command), devnet.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    said, errors = client.communicate()
    devnet.end()
    rows = {}
    for line in said.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            rows[row["call"]] = row
    if not rows:
        print(errors, file=sys.stderr)
    return rows


def cell(row):
    if row is None:
        return "not tried"
    return {True: "ok", False: "fails", None: "—"}[row["ok"]]


def matrix(found):
    names = list(found)
    lines = ["| call | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    notes = []
    for call, _ in LIST["rows"]:
        cells = []
        for name in names:
            row = found[name].get(call)
            text = cell(row)
            if row is not None and not row["ok"]:
                notes.append(f"{name}, {call}: {row['said']}")
                text += f" ({len(notes)})"
            cells.append(text)
        lines.append(f"| {call} | " + " | ".join(cells) + " |")
    return lines, notes


def document(lines, notes):
    text = [
        "# Clients and what they ask of a devnet",
        "",
        "Written by `make test-clients`. Each client is as it is published, without types for this chain. Each works through the",
        "same list against `async-backing dev --rpc 0 --real-time=6 --keep-serving`. How to connect: `guide/clients.md`.",
        "",
        *lines,
        "",
    ]
    if notes:
        text += [f"{number}. {note}" for number, note in enumerate(notes, 1)] + [""]
    text += ["## The calls", "", "| call | what has to come of it |", "|---|---|"]
    text += [f"| {call} | {meaning} |" for call, meaning in LIST["rows"]]
    return "\n".join(text) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", type=Path)
    arguments.add_argument("cache", type=Path)
    arguments.add_argument("--write", type=Path, metavar="FILE")
    arguments.add_argument("--only", action="append", metavar="NAME", help="clients whose name begins so")
    arguments = arguments.parse_args()
    chosen = {
        name: start
        for name, start in CLIENTS.items()
        if not arguments.only or any(name.startswith(only) for only in arguments.only)
    }
    found = {}
    for name, start in chosen.items():
        command = start(arguments.cache)
        print(f"{name} ...", file=sys.stderr)
        found[name] = rows_of(command, arguments.program)
        for row in found[name].values():
            print(f"  {cell(row):9} {row['call']}: {row['said'][:160]}", file=sys.stderr)
    lines, notes = matrix(found)
    print("\n".join(lines))
    for number, note in enumerate(notes, 1):
        print(f"{number}. {note}")
    if arguments.write:
        arguments.write.write_text(document(lines, notes))
    complete = all(call in rows and rows[call]["ok"] is not False for rows in found.values() for call, _ in LIST["rows"])
    sys.exit(0 if complete else 1)


main()
