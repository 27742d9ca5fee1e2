"""Groups, thresholds and time-outs, out of docs/rules.md."""

U32 = 2**32 - 1


def rotations(question):
    """How often groups rotated; None before the session (R-GRP-2)."""
    passed = question["at"] - question["session_start_block"]
    if passed < 0:
        return None
    frequency = question["group_rotation_frequency"]
    return passed // frequency if frequency else 0


def group_for_core(question):
    done, core, cores = rotations(question), question["core"], question["cores"]
    if done is None or core >= cores:
        return None
    return (core + done) % cores


def core_for_group(question):
    done, group, cores = rotations(question), question["group"], question["cores"]
    if done is None or group >= cores:
        return None
    return (group - done) % cores


def rotation(question):
    done, frequency = rotations(question), question["group_rotation_frequency"]
    if done is None or frequency == 0:
        return {"last": None, "next": None}
    last = question["session_start_block"] + done * frequency
    after = last + frequency
    return {"last": last, "next": after if after <= U32 else None}


def split_into_groups(question):
    validators, groups = question["validators"], question["groups"]
    if groups == 0:
        return []
    members, sizes = iter(range(validators)), []
    for group in range(groups):
        size = validators // groups + (1 if group < validators % groups else 0)
        sizes.append([next(members) for _ in range(size)])
    return sizes


def core_count(question):
    most = question.get("max_validators_per_core")
    by_validators = question["validators"] // most if most else 0
    return max(question["num_cores"], by_validators)


def faulty(validators):
    """f (R-GLO-19)."""
    return max(validators - 1, 0) // 3


def thresholds(question):
    n = question["validators"]
    recovery = faulty(n) + 1 if 2 <= n <= 65536 else None
    systematic = None
    if recovery is not None:
        systematic = 1
        while systematic * 2 <= recovery:
            systematic *= 2
    return {
        "byzantine": faulty(n),
        "supermajority": n - faulty(n),
        "availability": n - faulty(n),
        "recovery": recovery,
        "systematic_recovery": systematic,
    }


def required_backing_votes(question):
    size = question["group_size"]
    if size == 0:
        return None
    return max(min(size, question["minimum_backing_votes"]), 1)


def enactable(question):
    n, count = question["validators"], 0
    for votes in question["votes"]:
        if votes < n - faulty(n):
            break
        count += 1
    return count


def check_depth(question):
    depth = min(question["pending"] + question["accepted"], U32)
    if depth > question["max_candidate_depth"]:
        limits = {"max": question["max_candidate_depth"], "got": depth}
        return {"refused": {"kind": "DepthExceeded", "rule": "R-DEP-1", **limits}}
    return depth


def time_out(question):
    start, period = question["session_start"], question["paras_availability_period"]
    frequency = question["group_rotation_frequency"]

    def is_active(block):
        passed = block + 1 - start
        if passed < 0:
            return False
        return passed % frequency < period if frequency else True

    backed_in, at = question["backed_in"], question["at"]
    # The first block that looks, from the end of the period on (R-TMO-3); with a period of 0 there is none.
    block = min(backed_in + period, U32)
    while period and block < U32 and not is_active(block):
        block += 1
    return {
        "is_active": is_active(at),
        "times_out": is_active(at) and min(backed_in + period, U32) <= at,
        "time_out_at": block,
    }


QUESTIONS = {
    function.__name__: function
    for function in (
        group_for_core,
        core_for_group,
        rotation,
        split_into_groups,
        core_count,
        thresholds,
        required_backing_votes,
        enactable,
        check_depth,
        time_out,
    )
}
