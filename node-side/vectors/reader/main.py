#!/usr/bin/env python3
"""Replays test vectors by rules written down a second time, with nothing but Python's standard library.

    main.py FOLDER

Every file is held against the schema. Questions that this reader knows are answered by it, and compared; of the histories of
inherents it goes through what can be told without a runtime.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import counting
import fragment
import inherent
import others
import tree
from schema import Schema


def disagreement(question, answer):
    """What differs, or None; NotMine if the reader does not know."""
    ask = question["ask"]
    if ask == "tree":
        return tree.replay(question, answer)
    questions = {**counting.QUESTIONS, **fragment.QUESTIONS, **others.QUESTIONS}
    if ask not in questions:
        raise tree.NotMine(ask)
    try:
        mine = {"ok": questions[ask](question)}
    except fragment.Refused as refused:
        mine = {"refused": refused.told}
    if isinstance(mine.get("ok"), dict) and "refused" in mine["ok"]:
        mine = mine["ok"]
    return None if mine == answer else f"{answer}, but the reader says {mine}"


def main(folder):
    schema = Schema(json.loads((folder / "schema.json").read_text()))
    failures = 0
    for path in sorted(folder.glob("*.json")):
        if path.name == "schema.json":
            continue
        vectors, counts = json.loads(path.read_text()), Counter()
        for case in vectors["cases"]:
            ask = case["question"]["ask"]
            fault = schema.fault(case["question"], {"$ref": f"#/$defs/question_{ask}"})
            kind = "ok" if "ok" in case["answer"] else "refused"
            told = {"$ref": f"#/$defs/ok_{ask}" if kind == "ok" else "#/$defs/refused"}
            fault = fault or schema.fault(case["answer"].get(kind), told)
            counts["cases"] += 1
            try:
                fault = fault or disagreement(case["question"], case["answer"])
                counts["replayed"] += 1
            except tree.NotMine:
                pass
            if fault:
                failures += 1
                print(f"{path.name}: {case['rule']} {case['name']}: {fault}", file=sys.stderr)
        print(f"{path.name}: {counts['cases']} cases, {counts['replayed']} replayed")
        shape = {**vectors, "cases": []}
        if fault := schema.fault(shape):
            failures += 1
            print(f"{path.name}: {fault}", file=sys.stderr)
    return 1 if failures + histories(folder, schema) else 0


def histories(folder, schema):
    """Replays histories of inherents. Returns how many are at fault."""
    failures = 0
    for path in sorted(folder.glob("inherent/*.json")):
        history = json.loads(path.read_text())
        counts, fault = Counter(), schema.fault(history, {"$ref": "#/$defs/history"})
        if not fault:
            counts, fault = inherent.replay(history)
        if fault:
            failures += 1
            print(f"inherent/{path.name}: {fault}", file=sys.stderr)
        print(f"inherent/{path.name}:", ", ".join(f"{count} {what}" for what, count in counts.items()))
    return failures


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
