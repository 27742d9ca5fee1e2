"""Trees, out of docs/rules.md, section 5: the set of all legal paths, enumerated from scratch at each step."""

import fragment
import scale
from fragment import Refused
from scale import unhex


class NotMine(Exception):
    """A question that this reader does not answer."""


class Candidate:
    def __init__(self, member):
        receipt = scale.receipt(unhex(member["receipt"]))
        data = scale.validation_data(unhex(member["validation_data"]))
        self.name, self.hash, self.para = member["name"], receipt["hash"], receipt["para"]
        self.relay_parent, self.outputs = receipt["relay_parent"], receipt["commitments"]
        self.parent, self.output = data["parent_head"], self.outputs["head_data"]
        self.code_hash, self.data_hash = scale.tohex(receipt["code_hash"]), receipt["data_hash"]
        self.wrong = self.intrinsic(receipt, data)

    def intrinsic(self, receipt, data):
        """What R-FRG-16 finds, as far as candidates of version 2 without signals go."""
        if scale.blake2_256(scale.encode_validation_data(data)) != self.data_hash:
            return "ValidationDataMismatch"
        if scale.blake2_256(self.output) != receipt["para_head"]:
            return "ParaHeadMismatch"
        code = self.outputs["new_validation_code"]
        return "CodeTooSmall" if code is not None and len(code) < 9 else None


class Tree:
    def __init__(self, question):
        if "limits" in question:
            raise NotMine("bounds")
        self.para, self.max_depth = question["para"], question["max_candidate_depth"]
        self.base = fragment.read_base(question["base"])
        self.extension = fragment.read_extension(question.get("extension"))
        self.all = {member["name"]: Candidate(member) for member in question["candidates"]}
        self.scope = {}
        self.earliest = self.keep(question["leaf"])
        for ancestor in question["ancestors"]:
            # R-SCO-2
            if self.earliest == self.base["min_relay_parent_number"]:
                break
            self.earliest = self.keep(ancestor)
        pending = question.get("pending", [])
        self.trunk = [entry["name"] for entry in pending]
        self.of_pending = {entry["name"]: entry["relay_parent"] for entry in pending}
        self.backed = {name: True for name in self.trunk}
        self.paths = {}
        self.populate()

    def keep(self, block):
        self.scope[unhex(block["hash"])] = block
        return block["number"]

    def block_of(self, candidate):
        """R-SCO-3, R-SCO-5."""
        own = self.of_pending.get(candidate.name)
        return own if own is not None else self.scope.get(candidate.relay_parent)

    def populate(self):
        """All legal paths, with the constraints behind each."""
        self.paths = {}
        root = (self.base, self.extension)
        self.extend((), root)

    def extend(self, path, constraints):
        for name in self.backed:
            try:
                behind = self.follow(path, constraints, self.all[name])
            except Refused:
                continue
            if behind is not None:
                self.paths[path + (name,)] = behind
                self.extend(path + (name,), behind)

    def follow(self, path, constraints, candidate):
        """Constraints behind a candidate that follows a path (R-TRE-3); None if it builds on another head."""
        base, extension = constraints
        if base["required_parent"] != candidate.parent:
            return None
        block, place = self.block_of(candidate), len(path)
        is_trunk = tuple(self.trunk[:place]) == path and self.trunk[place : place + 1] == [candidate.name]
        if is_trunk:
            changes = fragment.modifications(base, block["number"], candidate.outputs)
        else:
            changes = self.judge(path, base, extension, candidate, block)
        return fragment.apply(base, extension, changes)

    def judge(self, path, base, extension, candidate, block):
        if block is None:
            raise Refused("RelayParentOutOfScope", "R-SCO-3")
        if candidate.para != self.para:
            raise Refused("OtherPara", "R-SCO-1")
        if len(path) > self.max_depth:
            raise Refused("TooDeep", "R-TRE-3")
        is_pending = candidate.name in self.of_pending
        oldest = 0 if is_pending else self.earliest
        if path:
            oldest = max(oldest, self.block_of(self.all[path[-1]])["number"])
        if block["number"] < oldest:
            raise Refused("RelayParentMovesBackwards", "R-TRE-6")
        outputs, code, data = candidate.outputs, candidate.code_hash, candidate.data_hash
        return fragment.check(base, extension, block, outputs, code, data, is_pending)

    def places(self, candidate):
        """Root and paths on whose end a candidate builds, with the constraints there."""
        everywhere = {(): (self.base, self.extension), **self.paths}
        return [
            (path, constraints)
            for path, constraints in everywhere.items()
            if constraints[0]["required_parent"] == candidate.parent
        ]

    def names(self):
        return {path[-1] for path in self.paths}

    def introduce(self, name):
        candidate = self.all[name]
        if candidate.wrong:
            return {candidate.wrong}
        if name in self.backed:
            return {"CandidateAlreadyKnown"}
        if candidate.parent == candidate.output:
            return {"ZeroLengthCycle"}
        before, known = len(self.paths), self.names()
        self.backed[name] = False
        self.populate()
        if len(self.paths) > before:
            swept = sorted(self.names() - known - {name})
            return {"nodes": len(self.paths) - before, "swept": swept, "no_room": []}
        return self.reasons(candidate)

    def reasons(self, candidate):
        """Why a candidate fits nowhere: any of these."""
        if self.block_of(candidate) is None:
            return {"RelayParentOutOfScope"}
        reasons = set()
        for path, constraints in self.places(candidate):
            try:
                self.follow(path, constraints, candidate)
            except Refused as reason:
                reasons.add(reason.told["kind"])
        return reasons or {"ParentNotInTree"}

    def back(self, name):
        if name not in self.backed:
            return {"UnknownCandidate"}
        is_news = not self.backed[name]
        self.backed[name] = True
        return is_news

    def select(self, asked):
        """R-SEL-1 to R-SEL-4: of all that may follow, the longest; of those, the lowest hashes."""
        after, best = tuple(asked["after"]), []
        for path in self.paths:
            new = path[len(after) :]
            is_after = path[: len(after)] == after and (not after or after in self.paths)
            eligible = all(self.backed[name] and name not in self.of_pending for name in new)
            if is_after and eligible and len(set(path)) == len(path):
                best.append(new)
        if not best:
            return []
        longest = max(map(len, best))
        hashes = lambda path: [self.all[name].hash for name in path]
        chosen = min((path for path in best if len(path) == longest), key=hashes)
        return list(chosen[: asked["count"]])

    def depths(self, name):
        return sorted({len(path) - 1 for path in self.paths if path[-1] == name})

    def hypothetical_depths(self, asked):
        """R-TRE-12."""
        candidate, backed_only = self.all[asked["name"]], asked["backed_in_path_only"]
        if candidate.wrong:
            return {candidate.wrong}
        if not backed_only and self.depths(candidate.name):
            return self.depths(candidate.name)
        block, depths = self.block_of(candidate), set()
        if block is None or candidate.parent == candidate.output:
            return []
        for path, (base, extension) in self.places(candidate):
            if backed_only and not all(self.backed[name] for name in path):
                continue
            try:
                self.judge(path, base, extension, candidate, block)
            except Refused:
                continue
            depths.add(len(path))
        return sorted(depths)

    def rebuild(self):
        self.populate()
        return {"nodes": len(self.paths)}

    def take(self, step):
        """The answer to a step; a set is that of the kinds of which a refusal may be."""
        if step == "rebuild":
            return self.rebuild()
        ((kind, what),) = step.items()
        return getattr(self, kind)(what)

    def told(self):
        valid = [candidate for candidate in self.all.values() if not candidate.wrong]
        return {
            "paths": sorted(map(list, self.paths)),
            "depths": {candidate.name: self.depths(candidate.name) for candidate in valid},
            "candidate_hashes": {candidate.name: scale.tohex(candidate.hash) for candidate in valid},
        }


def replay(question, answer):
    """Compares step by step; returns what differs."""
    tree, steps = Tree(question), answer["ok"]["steps"]
    for number, (step, told) in enumerate(zip(question["steps"], steps, strict=True)):
        mine = tree.take(step)
        if isinstance(mine, set):
            agrees = "refused" in told and told["refused"]["kind"] in mine
        else:
            agrees = told == {"ok": mine}
        if not agrees:
            return f"step {number}, {step}: {told}, but the reader says {mine}"
    mine, told = tree.told(), answer["ok"]["tree"]
    return None if mine == told else f"the tree: {told}, but the reader says {mine}"
