#!/usr/bin/env python3
"""Runs foreign parachains on the devnet and checks what comes of it.

    run.py PROGRAM DIR [ARG..]     PROGRAM: async-backing; DIR: what build.sh made; ARG: more for each run
"""
import json
import pathlib
import subprocess
import sys

BLOCKS = 60
UPGRADE_DELAY = 12
# Depth and ancestry, and the parablocks that have to be included in so many relay blocks.
PARAMS = {(4, 3): 50, (0, 0): 28}


def run(program, spec, depth, ancestry):
    command = [program, "dev", "--para-spec", str(spec), "--blocks", str(BLOCKS), "--json", "-",
               *sys.argv[3:], "--upgrade-delay", str(UPGRADE_DELAY), "--max-candidate-depth", str(depth), "--allowed-ancestry-len", str(ancestry)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    report = json.loads(done.stdout)["runs"][0]
    wall = report.pop("wall_s")
    return report, wall


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    failed = []
    specs = [spec for spec in sorted(folder.glob("*.toml"))
             if spec.stem == "adder" or (folder / f"{spec.stem.split('-')[0]}.wasm").exists()]
    print("| para | (depth, ancestry) | built | included | transfers | refused on-chain | PoV bytes each | run |")
    print("|---|---|---|---|---|---|---|---|")
    for spec in specs:
        for (depth, ancestry), least in PARAMS.items():
            first, wall = run(program, spec, depth, ancestry)
            again, _ = run(program, spec, depth, ancestry)
            para = first["paras"][0]
            included = para["included"]
            each = para["pov_bytes_included"] // max(included, 1)
            print(f"| {spec.stem} | ({depth}, {ancestry}) | {para['built']} | {included} | {para['extrinsics_included']} "
                  f"| {first['refused_on_chain']} | {each} | {wall:.1f} s |", flush=True)
            said = [f"{idle['leaves']} x {idle['reason']}" for idle in para["idle"]]
            said += [f"{refusal['candidates']} x {refusal['reason']}" for refusal in para.get("refusals", [])]
            if first != again:
                failed.append(f"{spec.stem} ({depth}, {ancestry}): two runs differ")
            if included < least:
                failed.append(f"{spec.stem} ({depth}, {ancestry}): {included} included, at least {least} expected; {said}")
            if first["refused_on_chain"] != 0:
                failed.append(f"{spec.stem} ({depth}, {ancestry}): {first['refused_on_chain']} refused on-chain")
            if spec.stem != "adder" and para["extrinsics_included"] == 0:
                failed.append(f"{spec.stem} ({depth}, {ancestry}): no transfers")
    for line in failed:
        print(line, file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
