#!/usr/bin/env python3
"""Runs foreign parachains on the devnet and checks what comes of it.

    run.py PROGRAM DIR NAME..     PROGRAM: async-backing; DIR: what build.sh made; NAME: small, penpal

A table of the runs goes to standard output and to DIR/tables; what is not as it has to be makes the program fail.
"""
import json
import pathlib
import subprocess
import sys

BLOCKS = 60
UPGRADE_DELAY = 12
# Depth and ancestry, and the parablocks that have to be included in so many relay blocks.
PARAMS = {(4, 3): 50, (0, 0): 28}
# What demands a relay block on top of its relay parent has none in scope without ancestry, and says so.
BEHIND, NONE_ON_TOP = "small-behind", "too few relay blocks are on top of any relay parent"


def run(program, spec, depth, ancestry):
    command = [program, "dev", "--para-spec", str(spec), "--blocks", str(BLOCKS), "--json", "-",
               "--upgrade-delay", str(UPGRADE_DELAY), "--max-candidate-depth", str(depth), "--allowed-ancestry-len", str(ancestry)]
    done = subprocess.run(command, capture_output=True, text=True)
    if spec.stem == BEHIND and ancestry == 0 and done.returncode != 0 and NONE_ON_TOP in done.stderr:
        return None, 0.0
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    report = json.loads(done.stdout)["runs"][0]
    wall = report.pop("wall_s")
    return report, wall


def main():
    program, folder, names = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    failed = []
    specs = [spec for spec in sorted(folder.glob("*.toml")) if spec.stem.split("-")[0] in ("adder", *names)]
    rows = ["| para | (depth, ancestry) | built | included | transactions | refused on-chain | bytes of a PoV | second run |",
            "|---|---|---|---|---|---|---|---|"]
    print("\n".join(rows))
    for spec in specs:
        for (depth, ancestry), least in PARAMS.items():
            where = f"{spec.stem} ({depth}, {ancestry})"
            first, wall = run(program, spec, depth, ancestry)
            again, _ = run(program, spec, depth, ancestry)
            if first is None and again is None:
                rows.append(f"| {spec.stem} | ({depth}, {ancestry}) | 0 | 0 | 0 | 0 | | the same |")
                print(rows[-1], flush=True)
                continue
            para = first["paras"][0]
            included = para["included"]
            each = para["pov_bytes_included"] // max(included, 1)
            rows.append(f"| {spec.stem} | ({depth}, {ancestry}) | {para['built']} | {included} | {para['extrinsics_included']} "
                        f"| {first['refused_on_chain']} | {each} | {'the same' if first == again else 'another'} |")
            print(rows[-1], flush=True)
            print(f"{where}: {wall:.1f} s", file=sys.stderr, flush=True)
            said = [f"{idle['leaves']} x {idle['reason']}" for idle in para["idle"]]
            said += [f"{refusal['candidates']} x {refusal['reason']}" for refusal in para.get("refusals", [])]
            if first != again:
                failed.append(f"{where}: two runs differ")
            if spec.stem == BEHIND and ancestry == 0:
                failed.append(f"{where}: {included} included, where no relay parent is far enough behind")
            elif included < least:
                failed.append(f"{where}: {included} included, at least {least} expected; {said}")
            if first["refused_on_chain"] != 0:
                failed.append(f"{where}: {first['refused_on_chain']} refused on-chain")
            if spec.stem != "adder" and para["extrinsics_included"] == 0:
                failed.append(f"{where}: no transfers")
    tables = folder / "tables"
    tables.mkdir(exist_ok=True)
    (tables / "runs.md").write_text("\n".join(rows) + "\n")
    for line in failed:
        print(line, file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
