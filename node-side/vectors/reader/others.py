"""Relay parents, cores, chunks and payloads, out of docs/rules.md."""

from counting import thresholds
from fragment import Refused
from scale import compact, tohex, u32, unhex


def relay_parent_window(question):
    """R-REL-2, R-REL-6."""
    window, kept = [], question["allowed_ancestry_len"]
    for block in question["blocks"]:
        window = (window + [block["number"]])[-(kept + 1) :]
    if not window:
        return {"allowed": [], "earliest_for_grandchild": None}
    # In the state of the newest one's child, for the child of that.
    earliest = max(window[-1] + 1 - min(kept, len(window)), 0)
    return {"allowed": window, "earliest_for_grandchild": earliest}


def oldest_relay_parent(question):
    """R-REL-4, R-TRE-6."""
    earliest = 0 if question["is_pending_availability"] else question["earliest"]
    before = question.get("before")
    return earliest if before is None else max(before, earliest)


def check_core_choice(question):
    """R-UMP-5."""
    select, para, named = question.get("select_core"), question["para"], question["named"]
    offset = select["offset"] if select else 0
    cores = sorted(
        claims["core"]
        for claims in question["claim_queue"]
        if offset < len(claims["paras"]) and claims["paras"][offset] == para
    )
    if not cores:
        raise Refused("NoAssignment", "R-UMP-5", para=para, offset=offset)
    if select or len(cores) == 1:
        selected = cores[(select["selector"] if select else 0) % len(cores)]
        if selected != named:
            raise Refused("CoreIndexMismatch", "R-UMP-5", named=named, selected=selected)
    elif named not in cores:
        raise Refused("InvalidCoreIndex", "R-UMP-5", named=named)
    return named


def chunk_index(question):
    """R-AVL-6."""
    n, validator = question["validators"], question["validator"]
    systematic = thresholds(question)["systematic_recovery"]
    if systematic is None:
        raise Refused("UnsupportedValidatorCount", "R-AVL-1", got=n)
    if validator >= n:
        raise Refused("IndexOutOfBounds", "R-AVL-3", index=validator, validators=n)
    return (question["core"] * systematic + validator) % n if question["systematic_mapping"] else validator


def signing_payload(question):
    """R-STM-2, R-AVL-8, R-BIN-23, R-CODE-3, R-NET-67."""
    ((kind, said),) = ((kind, said) for kind, said in question.items() if kind not in ("ask", "id"))
    if kind == "declare":
        return tohex(unhex(said["peer_id"]) + b"COLL")
    session = u32(said["session"])
    if kind == "bitfield":
        bits = said["bits"]
        packed = bytearray((len(bits) + 7) // 8)
        for position, bit in enumerate(bits):
            packed[position // 8] |= int(bit) << position % 8
        return tohex(compact(len(bits)) + packed + session + unhex(said["relay_parent"]))
    if kind == "pvf_check":
        vote = bytes([said["accept"]]) + unhex(said["code_hash"])
        return tohex(b"VCPC" + vote + session + u32(said["validator"]))
    candidate = unhex(said["candidate_hash"])
    if kind == "approval":
        return tohex(b"APPR" + candidate + session)
    if kind == "dispute":
        return tohex(b"DISP" + bytes([said["valid"]]) + candidate + session)
    statement = {"seconded": b"\x01", "valid": b"\x02"}[kind]
    return tohex(b"BKNG" + statement + candidate + session + unhex(said["relay_parent"]))


QUESTIONS = {
    function.__name__: function
    for function in (relay_parent_window, oldest_relay_parent, check_core_choice, chunk_index, signing_payload)
}
