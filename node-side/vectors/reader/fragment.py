"""Fragments, out of docs/rules.md, sections 3 and 4: constraints are really applied, step by step."""

from copy import deepcopy

import scale
from scale import unhex

U32 = 2**32 - 1


class Refused(Exception):
    def __init__(self, kind, rule, **numbers):
        super().__init__(kind)
        self.told = {"kind": kind, "rule": rule, **numbers}


def read_base(base):
    """Constraints out of JSON."""
    read = deepcopy(base)
    read["required_parent"] = unhex(base["required_parent"])
    read["channels"] = {
        channel["recipient"]: [channel["bytes_remaining"], channel["messages_remaining"]]
        for channel in read.pop("hrmp_channels_out", [])
    }
    for name in ("dmp_remaining_messages", "valid_watermarks"):
        read.setdefault(name, [])
    read.setdefault("upgrade_restricted", False)
    read.setdefault("future_validation_code", None)
    return read


def write_base(base):
    written = {key: value for key, value in base.items() if key != "channels"}
    written["required_parent"] = scale.tohex(base["required_parent"])
    written["hrmp_channels_out"] = [
        {"recipient": recipient, "bytes_remaining": left[0], "messages_remaining": left[1]}
        for recipient, left in sorted(base["channels"].items())
    ]
    return written


def read_extension(extension):
    if extension is None:
        return None
    read = deepcopy(extension)
    for name in ("hrmp_max_message_size", "hrmp_waiting"):
        read.setdefault(name, [])
    read.setdefault("offboarding", False)
    return read


def read_outputs(outputs):
    """Commitments out of JSON."""
    code = outputs.get("new_validation_code")
    return {
        "upward_messages": [unhex(message) for message in outputs.get("upward_messages", [])],
        "horizontal_messages": [
            (message["recipient"], unhex(message["data"]))
            for message in outputs.get("horizontal_messages", [])
        ],
        "new_validation_code": None if code is None else unhex(code),
        "head_data": unhex(outputs["head_data"]),
        "processed_downward_messages": outputs.get("processed_downward_messages", 0),
        "hrmp_watermark": outputs["hrmp_watermark"],
    }


def before_separator(messages):
    """R-MOD-4."""
    return messages[: messages.index(b"")] if b"" in messages else messages


def check_recipients(outputs):
    """R-FRG-1."""
    recipients = [recipient for recipient, _ in outputs["horizontal_messages"]]
    for index in range(1, len(recipients)):
        if recipients[index - 1] >= recipients[index]:
            raise Refused("HrmpMessagesDescendingOrDuplicate", "R-FRG-1", index=index)


def modifications(base, number, outputs):
    """R-MOD-1 to R-MOD-6."""
    check_recipients(outputs)
    upward = before_separator(outputs["upward_messages"])
    watermark, future = outputs["hrmp_watermark"], base["future_validation_code"]
    return {
        "required_parent": scale.tohex(outputs["head_data"]),
        "hrmp_watermark": {"head" if watermark == number else "trunk": watermark},
        "outbound_hrmp": [
            {"recipient": recipient, "bytes": len(data), "messages": 1}
            for recipient, data in outputs["horizontal_messages"]
        ],
        "ump_messages_sent": len(upward),
        "ump_bytes_sent": sum(map(len, upward)),
        "dmp_messages_processed": outputs["processed_downward_messages"],
        "code_upgrade_applied": future is not None and number >= future["at"],
        "code_upgrade_announced": outputs["new_validation_code"] is not None,
    }


def check_modifications(base, changes):
    """R-CON-1 to R-CON-5."""
    watermark = changes.get("hrmp_watermark") or {}
    if "trunk" in watermark and watermark["trunk"] not in base["valid_watermarks"]:
        raise Refused("DisallowedHrmpWatermark", "R-CON-1", watermark=watermark["trunk"])

    def within(kind, rule, submitted, remaining, name="submitted", **more):
        if submitted > remaining:
            raise Refused(kind, rule, remaining=remaining, **{name: submitted}, **more)

    for sent in changes.get("outbound_hrmp", []):
        recipient = sent["recipient"]
        if recipient not in base["channels"]:
            raise Refused("NoSuchHrmpChannel", "R-CON-2", recipient=recipient)
        size, count = base["channels"][recipient]
        within("HrmpBytesOverflow", "R-CON-2", sent["bytes"], size, recipient=recipient)
        within("HrmpMessagesOverflow", "R-CON-2", sent["messages"], count, recipient=recipient)
    within("UmpMessagesOverflow", "R-CON-3", changes.get("ump_messages_sent", 0), base["ump_remaining"])
    within("UmpBytesOverflow", "R-CON-3", changes.get("ump_bytes_sent", 0), base["ump_remaining_bytes"])
    processed, waiting = changes.get("dmp_messages_processed", 0), len(base["dmp_remaining_messages"])
    within("DmpMessagesUnderflow", "R-CON-4", processed, waiting, name="processed")
    if changes.get("code_upgrade_applied") and base["future_validation_code"] is None:
        raise Refused("AppliedNonexistentCodeUpgrade", "R-CON-5")


def apply(base, extension, changes):
    """Constraints after what fits, or after what the chain has taken (R-APP-1 to R-APP-7)."""
    base, extension = deepcopy(base), deepcopy(extension)
    if changes.get("required_parent") is not None:
        base["required_parent"] = unhex(changes["required_parent"])
    for watermark in (changes.get("hrmp_watermark") or {}).values():
        later = [number for number in base["valid_watermarks"] if number > watermark]
        base["valid_watermarks"] = [watermark] + later
        if extension is not None:
            waiting = extension["hrmp_waiting"]
            extension["hrmp_waiting"] = [entry for entry in waiting if entry["block"] > watermark]
    for sent in changes.get("outbound_hrmp", []):
        left = base["channels"].get(sent["recipient"])
        if left is not None:
            left[0] = max(left[0] - sent["bytes"], 0)
            left[1] = max(left[1] - sent["messages"], 0)
    base["ump_remaining"] = max(base["ump_remaining"] - changes.get("ump_messages_sent", 0), 0)
    base["ump_remaining_bytes"] = max(base["ump_remaining_bytes"] - changes.get("ump_bytes_sent", 0), 0)
    base["dmp_remaining_messages"] = base["dmp_remaining_messages"][changes.get("dmp_messages_processed", 0) :]
    if changes.get("code_upgrade_applied") and base["future_validation_code"] is not None:
        base["validation_code_hash"] = base["future_validation_code"]["code_hash"]
        base["future_validation_code"] = None
    if changes.get("code_upgrade_announced"):
        base["upgrade_restricted"] = True
    return base, extension


def at_most(kind, rule, limit, got, **more):
    if got > limit:
        raise Refused(kind, rule, max=limit, got=got, **more)


def check_limits(base, number, outputs, is_pending):
    """R-FRG-3 to R-FRG-7."""
    at_most("HeadDataTooLarge", "R-FRG-3", base["max_head_data_size"], len(outputs["head_data"]))
    oldest = base["min_relay_parent_number"]
    if number < oldest and not is_pending:
        raise Refused("RelayParentTooOld", "R-FRG-4", min=oldest, got=number)
    code = outputs["new_validation_code"]
    if code is not None:
        if base["upgrade_restricted"]:
            raise Refused("CodeUpgradeRestricted", "R-FRG-5")
        at_most("CodeSizeTooLarge", "R-FRG-6", base["max_code_size"], len(code))
    sent = len(outputs["horizontal_messages"])
    at_most("HrmpMessagesPerCandidateOverflow", "R-FRG-7", base["max_hrmp_num_per_candidate"], sent)


def check_code(expected, got):
    if got not in expected:
        raise Refused("ValidationCodeMismatch", "R-FRG-2", expected=expected[0], got=got)


def check(base, extension, relay_parent, outputs, code_hash, data_hash, is_pending):
    """R-FRG-1 to R-FRG-12, with the constraints in force at the place. Returns what the candidate changes."""
    number = relay_parent["number"]
    check_recipients(outputs)
    check_code([base["validation_code_hash"]], code_hash)
    check_limits(base, number, outputs, is_pending)
    expected = {
        "parent_head": base["required_parent"],
        "relay_parent_number": number,
        "relay_parent_storage_root": unhex(relay_parent["storage_root"]),
        "max_pov_size": base["max_pov_size"],
    }
    if data_hash != scale.blake2_256(scale.encode_validation_data(expected)):
        raise Refused("PersistedValidationDataMismatch", "R-FRG-8")
    waiting = base["dmp_remaining_messages"]
    if waiting and waiting[0] <= number and outputs["processed_downward_messages"] == 0:
        raise Refused("DmpAdvancementRule", "R-FRG-9", sent_at=waiting[0], relay_parent=number)
    upward = before_separator(outputs["upward_messages"])
    at_most("UmpMessagesPerCandidateOverflow", "R-FRG-10", base["max_ump_num_per_candidate"], len(upward))
    watermark = outputs["hrmp_watermark"]
    if watermark > number:
        raise Refused("WatermarkAheadOfRelayParent", "R-CON-1", watermark=watermark, relay_parent=number)
    changes = modifications(base, number, outputs)
    try:
        check_modifications(base, changes)
    except Refused as reason:
        raise Refused("OutputsInvalid", "R-FRG-11", reason=reason.told) from reason
    if extension is not None:
        check_extension(extension, outputs, upward)
    return changes


def check_extension(extension, outputs, upward):
    """R-FRG-12."""
    for index, message in enumerate(upward):
        at_most("UmpMessageTooLarge", "R-FRG-12", extension["max_ump_message_size"], len(message), index=index)
    sizes = {size["recipient"]: size["max"] for size in extension["hrmp_max_message_size"]}
    for recipient, data in outputs["horizontal_messages"]:
        if recipient in sizes:
            at_most("HrmpMessageTooLarge", "R-FRG-12", sizes[recipient], len(data), recipient=recipient)
    if upward and extension["offboarding"]:
        raise Refused("UmpWhileOffboarding", "R-UMP-6")
    passed = [entry for entry in extension["hrmp_waiting"] if entry["block"] <= outputs["hrmp_watermark"]]
    consumed = sum(entry["messages"] for entry in passed)
    if len(passed) > 1:
        at_most("HrmpConsumptionOverflow", "R-FRG-12", extension["hrmp_max_messages_consumed"], consumed)


def claimed_hash(candidate):
    """Hash of the validation data, however the candidate tells it."""
    if "validation_data_hash" in candidate:
        return unhex(candidate["validation_data_hash"])
    told = candidate["validation_data"]
    data = {**told, "parent_head": unhex(told["parent_head"])}
    data["relay_parent_storage_root"] = unhex(told["relay_parent_storage_root"])
    return scale.blake2_256(scale.encode_validation_data(data))


def check_fragment(question):
    base, extension = read_base(question["base"]), read_extension(question.get("extension"))
    for above in question.get("path", []):
        outputs = read_outputs(above["commitments"])
        changes = modifications(base, above["relay_parent_number"], outputs)
        base, extension = apply(base, extension, changes)
    candidate = question["candidate"]
    outputs = read_outputs(candidate["commitments"])
    is_pending = candidate.get("is_pending_availability", False)
    code_hash, data_hash = candidate["validation_code_hash"], claimed_hash(candidate)
    return check(base, extension, question["relay_parent"], outputs, code_hash, data_hash, is_pending)


def check_unconnected(question):
    base, candidate = read_base(question["base"]), question["candidate"]
    outputs, future = read_outputs(candidate["commitments"]), base["future_validation_code"]
    check_recipients(outputs)
    known = [base["validation_code_hash"]] + ([future["code_hash"]] if future else [])
    check_code(known, candidate["validation_code_hash"])
    is_pending = candidate.get("is_pending_availability", False)
    check_limits(base, question["relay_parent"]["number"], outputs, is_pending)
    return True


def stack(question):
    """R-MOD-8."""
    total = {
        "required_parent": None,
        "hrmp_watermark": None,
        "outbound_hrmp": [],
        "ump_messages_sent": 0,
        "ump_bytes_sent": 0,
        "dmp_messages_processed": 0,
        "code_upgrade_applied": False,
        "code_upgrade_announced": False,
    }
    sent = {}
    for changes in question["modifications"]:
        if changes.get("required_parent") is not None:
            total["required_parent"] = changes["required_parent"]
        new, old = changes.get("hrmp_watermark"), total["hrmp_watermark"]
        if new is not None and (old is None or list(new.values()) != list(old.values())):
            total["hrmp_watermark"] = new
        for entry in changes.get("outbound_hrmp", []):
            size, count = sent.get(entry["recipient"], (0, 0))
            sums = (min(size + entry["bytes"], U32), min(count + entry["messages"], U32))
            sent[entry["recipient"]] = sums
        for name in ("ump_messages_sent", "ump_bytes_sent", "dmp_messages_processed"):
            total[name] = min(total[name] + changes.get(name, 0), U32)
        for name in ("code_upgrade_applied", "code_upgrade_announced"):
            total[name] = total[name] or changes.get(name, False)
    total["outbound_hrmp"] = [
        {"recipient": recipient, "bytes": size, "messages": count}
        for recipient, (size, count) in sorted(sent.items())
    ]
    return total


def applied(question):
    base, extension = read_base(question["base"]), read_extension(question.get("extension"))
    changes = question["modifications"]
    check_modifications(base, changes)
    base, extension = apply(base, extension, changes)
    return {"base": write_base(base), "extension": extension}


QUESTIONS = {
    "check_fragment": check_fragment,
    "check_unconnected": check_unconnected,
    "stack": stack,
    "apply": applied,
}
