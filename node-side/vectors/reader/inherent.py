"""Histories of inherents, out of docs/rules.md, as far as a reader without a runtime gets: what names a candidate, who backed it,
what becomes available, and where the next block builds."""

from collections import Counter, namedtuple

import counting
import scale
from scale import blake2_256, unhex

Event = namedtuple("Event", "kind hash commitments_hash head para core group")
Core = namedtuple("Core", "para next availability hash")
Backed = namedtuple("Backed", "receipt bits votes commitments_hash")
ACCEPTED = "accepted"
BACKED, INCLUDED, TIMED_OUT = range(3)


class Fault(Exception):
    """Where the history is not as the rules say."""


def expect(rule, what, mine, told):
    if mine != told:
        raise Fault(f"{rule}: {what}: {told}, but the reader says {mine}")


# Types, as polkadot-primitives 26 has them.


def bits(reader):
    count = reader.compact()
    packed = reader.take((count + 7) // 8)
    return [bool(packed[position // 8] >> position % 8 & 1) for position in range(count)]


def decode(data, item):
    reader = scale.Reader(data)
    value = item(reader)
    reader.end()
    return value


def header(reader):
    """Parent, number, state root."""
    parent, number, root = reader.take(32), reader.compact(), reader.take(32)
    reader.take(32)
    for _ in range(reader.compact()):
        kind = reader.take(1)[0]
        if kind in (4, 5, 6):
            reader.take(4)
        if kind != 8:
            reader.bytes()
    return parent, number, root


def backed_candidate(reader):
    start = reader.at
    reader.take(scale.DESCRIPTOR)
    outputs = reader.at
    scale.commitments(reader)
    end = reader.at
    votes = [reader.take(65)[0] for _ in range(reader.compact())]
    receipt = scale.receipt(reader.data[start:end])
    return Backed(receipt, bits(reader), len(votes), blake2_256(reader.data[outputs:end]))


def bitfield(reader):
    """Bits, and whose they are."""
    return bits(reader), (reader.u32(), reader.take(64))[0]


def inherent(reader):
    """Bitfields, candidates and the parent's header. No history has disputes."""
    bitfields = reader.list(lambda: bitfield(reader))
    candidates = reader.list(lambda: backed_candidate(reader))
    expect("R-INC-1", "disputes", 0, reader.compact())
    return bitfields, candidates, reader.data[reader.at :], header(reader)


def event(reader):
    kind = reader.take(1)[0]
    descriptor, commitments_hash = reader.take(scale.DESCRIPTOR), reader.take(32)
    para = int.from_bytes(descriptor[:4], "little")
    head, core = reader.bytes(), reader.u32()
    group = None if kind == TIMED_OUT else reader.u32()
    return Event(kind, blake2_256(descriptor + commitments_hash), commitments_hash, head, para, core, group)


def scheduled(reader):
    return reader.u32(), reader.option(lambda: reader.take(32))


def core_state(reader):
    kind = reader.take(1)[0]
    if kind == 2:
        return Core(None, {None}, None, None)
    if kind == 1:
        return Core(None, {scheduled(reader)[0]}, None, None)
    on_available = reader.option(lambda: scheduled(reader)[0])
    reader.take(8)
    after = {on_available, reader.option(lambda: scheduled(reader)[0])}
    availability = bits(reader)
    reader.u32()
    candidate = reader.take(32)
    descriptor = reader.take(scale.DESCRIPTOR)
    return Core(int.from_bytes(descriptor[:4], "little"), after, availability, candidate)


def groups(reader):
    """Members of each group, session start, rotation frequency."""
    members = reader.list(lambda: reader.list(reader.u32))
    start, frequency, _ = reader.u32(), reader.u32(), reader.u32()
    return members, start, frequency


def pending(reader):
    """Hashes and heads of candidates that wait, the oldest first."""

    def one():
        start = reader.at
        reader.take(scale.DESCRIPTOR)
        scale.commitments(reader)
        receipt = scale.receipt(reader.data[start : reader.at])
        return receipt["hash"], receipt["commitments"]["head_data"]

    return reader.list(one)


def required_parent(reader):
    """The largest proof of validity, and the head that is built on, out of constraints; None where there are none."""
    if reader.take(1)[0] == 0:
        return None
    _, max_pov_size, *_ = [reader.u32() for _ in range(7)]
    reader.list(reader.u32)
    reader.list(reader.u32)
    reader.list(lambda: reader.take(12))
    reader.u32()
    return max_pov_size, reader.bytes()


class State:
    """What is true in the state of a block."""

    def __init__(self, told):
        def ask(question, item):
            data = unhex(told[question])
            return decode(data, item) if item is not required_parent else item(scale.Reader(data))

        self.validators = ask("validators", lambda reader: len(reader.list(lambda: reader.take(32))))
        self.groups, self.session_start, self.frequency = ask("validator_groups", groups)
        self.cores = ask("availability_cores", lambda reader: reader.list(lambda: core_state(reader)))
        self.claims = dict(
            ask("claim_queue", lambda reader: reader.list(lambda: (reader.u32(), reader.list(reader.u32))))
        )
        self.minimum_backing_votes = ask("minimum_backing_votes", scale.Reader.u32)
        self.disabled = ask("disabled_validators", lambda reader: reader.list(reader.u32))
        self.events = ask("candidate_events", lambda reader: reader.list(lambda: event(reader)))
        paras = [int(name.split(":")[0]) for name in told if name.endswith(": backing_constraints")]
        self.base = {para: ask(f"{para}: backing_constraints", required_parent) for para in paras}
        self.pending = {para: ask(f"{para}: candidates_pending_availability", pending) for para in paras}

    def group_for_core(self, core, number):
        question = {"at": number, "core": core, "cores": len(self.groups)}
        question |= {"session_start_block": self.session_start, "group_rotation_frequency": self.frequency}
        return counting.group_for_core(question)

    def required_votes(self, size):
        question = {"group_size": size, "minimum_backing_votes": self.minimum_backing_votes}
        return counting.required_backing_votes(question)


class History:
    def __init__(self, genesis):
        self.told, self.before, self.headers, self.last = {}, None, {}, None
        self.heads = {para["id"]: unhex(para["head"]) for para in genesis["paras"]}
        self.counts = Counter()

    def block(self, block):
        parent = unhex(block["parent"])
        before_parent, number, root = decode(parent, header)
        expect("R-INC-1", "number", number + 1, block["number"])
        if self.last is not None:
            expect("R-INC-1", "the parent's parent", self.last, before_parent)
        self.last = blake2_256(parent)
        self.headers[self.last] = number, root
        bitfields, candidates, its_parent, _ = decode(unhex(block["inherent"]), inherent)
        expect("R-INC-1", "the inherent's parent", parent, its_parent)
        self.told |= block["told"]
        after = State(self.told)
        if "candidate_events" not in block["told"]:
            # The same events in two blocks are none: a candidate is backed and included once.
            expect("R-BCK-1", "events", [], after.events)
        if self.before is not None:
            for trial in block["trials"]:
                self.trial(trial, candidates, after)
            self.backed(candidates, after)
            self.available(bitfields, after, "session" in block)
        self.built_on(after)
        self.claimed(after)
        self.before = after
        self.counts["blocks"] += 1

    def is_valid_group(self, candidate):
        """Whether so many voted as have to; behind the group's bits stand eight for the core (R-BKV-1, R-BIN-16)."""
        group = candidate.bits[:-8]
        expect("R-BKV-2", "votes", group.count(True), candidate.votes)
        return bool(group) and candidate.votes >= self.before.required_votes(len(group))

    def names_its_head(self, candidate):
        return blake2_256(candidate.receipt["commitments"]["head_data"]) == candidate.receipt["para_head"]

    def parents(self, candidate, earlier, after):
        """Heads of its para, the newest last: what is included, what waits and is not dropped, what comes before it in the block."""
        para = candidate.receipt["para"]
        before = [other.receipt for other in earlier if other.receipt["para"] == para]
        dropped = {event.hash for event in after.events if event.kind == TIMED_OUT}
        waiting = [head for hash, head in self.before.pending.get(para, []) if hash not in dropped]
        return [self.heads[para], *waiting, *(receipt["commitments"]["head_data"] for receipt in before)]

    def builds_on(self, candidate, head):
        receipt = candidate.receipt
        block, base = self.headers.get(receipt["relay_parent"]), self.before.base.get(receipt["para"])
        if block is None or base is None:
            return False
        number, root = block
        data = {"parent_head": head, "relay_parent_number": number, "relay_parent_storage_root": root}
        data["max_pov_size"] = base[0]
        return blake2_256(scale.encode_validation_data(data)) == receipt["data_hash"]

    def trial(self, trial, candidates, after):
        """Verdicts that a reader can tell by itself."""
        candidate = decode(unhex(trial["candidate"]), backed_candidate)
        verdict, para = trial["ours"], candidate.receipt["para"]
        is_accepted = ACCEPTED in (verdict, trial["published"])
        if "behind" not in trial and "rules" not in trial and is_accepted:
            expect("R-INC-1", "verdict", verdict, trial["published"])
        if para not in self.heads:
            expect("R-BCK-1", "a verdict on a para that is not there", False, is_accepted)
            return
        parents = self.parents(candidate, candidates[: trial.get("behind", 0)], after)
        told = {
            "TooFewVotes": self.is_valid_group(candidate),
            "ParaHeadMismatch": self.names_its_head(candidate),
            "ValidationDataMismatch": self.builds_on(candidate, parents[-1]),
        }
        for reason, is_right in told.items():
            if is_accepted or verdict == reason:
                expect("R-BCK-1", f"{reason} of a verdict", is_right, is_accepted)
                self.counts["verdicts"] += 1

    def backed(self, candidates, after):
        """R-BCK-1, R-GRP-4, R-BKV-1: events say what the inherent carried, and the group is the core's."""
        events = {event.hash: event for event in after.events if event.kind == BACKED}
        expect("R-BCK-1", "backed", {candidate.receipt["hash"] for candidate in candidates}, set(events))
        for position, candidate in enumerate(candidates):
            receipt = candidate.receipt
            event = events[receipt["hash"]]
            expect("R-BIN-12", "commitments' hash", candidate.commitments_hash, event.commitments_hash)
            expect("R-BIN-12", "head", receipt["commitments"]["head_data"], event.head)
            expect("R-FRG-16", "the head's hash", True, self.names_its_head(candidate))
            number, _ = self.headers[receipt["relay_parent"]]
            expect("R-GRP-4", "group", self.before.group_for_core(event.core, number + 1), event.group)
            expect("R-BKV-1", "size of the group", len(self.before.groups[event.group]), len(candidate.bits) - 8)
            expect("R-BKV-1", "enough votes", True, self.is_valid_group(candidate))
            members = zip(self.before.groups[event.group], candidate.bits)
            voters = {member for member, is_set in members if is_set}
            expect("R-BKV-4", "votes of disabled validators", set(), voters & set(self.before.disabled))
            newest = self.parents(candidate, candidates[:position], after)[-1]
            expect("R-FRG-8", "validation data", True, self.builds_on(candidate, newest))
            self.counts["candidates"] += 1

    def available(self, bitfields, after, is_last_of_session):
        """R-ENA-1 to R-ENA-3: votes of before and of the inherent, in the order of each para."""
        cores = self.before.cores
        votes = {core.hash: list(core.availability) for core in cores if core.hash}
        signers = [validator for _, validator in bitfields]
        expect("R-INC-1", "bitfields by validator", sorted(set(signers)), signers)
        for field, validator in bitfields:
            expect("R-AVL-8", "bits", len(cores), len(field))
            for core, is_set in zip(cores, field):
                if is_set and core.hash:
                    votes[core.hash][validator] = True
        included = {event.hash for event in after.events if event.kind == INCLUDED}
        mine = set()
        for waiting in self.before.pending.values():
            counted = [votes[candidate].count(True) for candidate, _ in waiting]
            count = counting.enactable({"validators": self.before.validators, "votes": counted})
            mine |= {candidate for candidate, _ in waiting[:count]}
            self.counts["availability"] += len(waiting)
        expect("R-ENA-1", "included", mine, included)
        for core in after.cores:
            if core.hash in votes and not is_last_of_session:
                expect("R-AVL-8", "votes that are kept", votes[core.hash], core.availability)
        for event in after.events:
            if event.kind == INCLUDED:
                self.heads[event.para] = event.head

    def built_on(self, after):
        """R-BASE-12: what is included last."""
        for para, base in after.base.items():
            if base is not None:
                expect("R-BASE-12", f"head of {para}", self.heads[para], base[1])
                self.counts["heads"] += 1

    def claimed(self, after):
        """R-SCH-1, R-SCH-3: a core goes to who is first in the claim queue."""
        for core, state in enumerate(after.cores):
            front = (after.claims.get(core) or [None])[0]
            expect("R-SCH-1", f"core {core}", {front}, state.next)
            self.counts["cores"] += 1


def replay(history):
    """What was replayed, and the first fault, or None."""
    mine = History(history["genesis"])
    for block in history["blocks"]:
        try:
            mine.block(block)
        except (Fault, ValueError, KeyError, IndexError) as fault:
            return mine.counts, f"block {block['number']}: {fault!r}"
    return mine.counts, None
