"""The list by substrate-interface, unmodified.

It takes types from the metadata, but knows runtime APIs only by what it is told of them: `parachain_host.json` tells it the
functions of `ParachainHost`, by the argument that the library has for this.
"""

import json
import os
import sys
import threading

from substrateinterface import Keypair, SubstrateInterface

PARA = 2000
URL = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
LIST = json.load(open(os.environ.get("CALLS", os.path.join(HERE, "..", "calls.json"))))
PATIENCE_S = 180
HOST = json.load(open(os.path.join(HERE, "parachain_host.json")))


def connect():
    return SubstrateInterface(url=URL, type_registry=HOST)


chain = connect()
alice, bob, charlie = (Keypair.create_from_uri(uri) for uri in ("//Alice", "//Bob", "//Charlie"))


def ensure(condition, otherwise):
    if not condition:
        raise ValueError(str(otherwise))


def request(method, params=()):
    answer = chain.rpc_request(method, list(params))
    ensure("error" not in answer, answer.get("error"))
    return answer["result"]


def host(function, *args):
    return chain.runtime_call("ParachainHost", function, list(args)).value


def best_number():
    return int(request("chain_getHeader")["number"], 16)


def heads(subscribe, count=3):
    """Numbers of so many heads, over a connection of its own: a subscription takes one."""
    numbers = []
    own = connect()

    def handler(message, update, subscription):
        numbers.append(int(message["params"]["result"]["number"], 16))
        return numbers if len(numbers) >= count else None

    own.rpc_request(subscribe, [], result_handler=handler)
    own.close()
    return numbers


def consecutive(numbers):
    ensure(all(after == before + 1 for before, after in zip(numbers, numbers[1:])), numbers)
    return ", ".join(map(str, numbers))


class Transfer:
    """One transfer for several rows."""

    made = None

    @classmethod
    def get(cls):
        if cls.made is None:
            cls.made = cls()
        return cls.made

    def __init__(self):
        call = chain.compose_call("Balances", "transfer_keep_alive", {"dest": bob.ss58_address, "value": 12_345})
        self.fee = chain.get_payment_info(call=call, keypair=alice)["partialFee"]
        signed = chain.create_signed_extrinsic(call=call, keypair=alice)
        self.sent_at = best_number()
        self.receipt = chain.submit_extrinsic(signed, wait_for_finalization=True)
        self.included_at = chain.get_block_number(self.receipt.block_hash)
        ensure(self.receipt.is_success, self.receipt.error_message)
        self.events = [record.value["event"] for record in self.receipt.triggered_events]


def find(events, pallet, name):
    found = [event for event in events if event["module_id"] == pallet and event["event_id"] == name]
    return found[0]["attributes"] if found else None


def name():
    ensure(request("system_health")["isSyncing"] is False, "it syncs")
    ensure(chain.get_block_runtime_version(None)["specVersion"] > 0, "no runtime version")
    return f"{chain.chain}, {chain.properties['tokenSymbol']}"


def metadata():
    pallets = [pallet.name for pallet in chain.get_metadata().pallets]
    for wanted in ("ParaInherent", "ParaInclusion", "ParaScheduler", "Configuration", "Sudo"):
        ensure(wanted in pallets, f"no {wanted}")
    return f"{len(pallets)} pallets"


def constants():
    return f"MaxCores {chain.get_constant('ParaScheduler', 'MaxCores').value}"


def balance():
    free = chain.query("System", "Account", [alice.ss58_address]).value["data"]["free"]
    ensure(free > 0, free)
    return free


def storage():
    accounts = list(chain.query_map("System", "Account", page_size=3))
    ensure(len(accounts) >= 6, f"{len(accounts)} accounts")
    return f"{len(accounts)} accounts"


def nonce():
    state = chain.get_account_nonce(alice.ss58_address)
    node = request("system_accountNextIndex", [alice.ss58_address])
    ensure(node >= state, f"{node} below {state}")
    return node


def fee():
    ensure(Transfer.get().fee > 0, "no fee")
    return Transfer.get().fee


def next_block():
    sent, included = Transfer.get().sent_at, Transfer.get().included_at
    # A block may have come between looking and sending.
    ensure(included in (sent + 1, sent + 2), f"sent at {sent}, included at {included}")
    return f"sent at {sent}, included at {included}"


def events():
    moved = find(Transfer.get().events, "Balances", "Transfer")
    ensure(moved and moved["amount"] == 12_345, Transfer.get().events)
    paid = find(Transfer.get().events, "TransactionPayment", "TransactionFeePaid")
    ensure(paid and paid["actual_fee"] == Transfer.get().fee, f"{paid}, {Transfer.get().fee} told")
    return f"{len(Transfer.get().events)} events"


def dry_run():
    call = chain.compose_call("Balances", "transfer_keep_alive", {"dest": bob.ss58_address, "value": 1})
    signed = chain.create_signed_extrinsic(call=call, keypair=charlie)
    outcome = request("system_dryRun", [signed.data.to_hex()])
    ensure(outcome == "0x0000", outcome)
    return outcome


def final_blocks():
    numbers = heads("chain_subscribeFinalizedHeads")
    ensure(all(number <= best_number() for number in numbers), numbers)
    return consecutive(numbers)


def storage_subscription():
    values = []

    def handler(value, update, subscription):
        values.append(value.value)
        return values if len(values) >= 3 else None

    own = connect()
    own.query("Timestamp", "Now", subscription_handler=handler)
    own.close()
    ensure(len(set(values)) == 3, values)
    return "Timestamp.Now, three times"


def groups():
    found, rotation = host("validator_groups")
    ensure(len(found) == 2 and rotation["group_rotation_frequency"], found)
    return found


def cores():
    found = host("availability_cores")
    ensure(len(found) == 2, found)
    return ", ".join(next(iter(core)) if isinstance(core, dict) else core for core in found)


def claim_queue():
    found = host("claim_queue")
    ensure(str(PARA) in str(found), found)
    return found


def backing_state():
    state = host("para_backing_state", PARA)
    ensure(state and state["constraints"], state)
    return "with constraints"


def constraints():
    found = host("backing_constraints", PARA)
    ensure(found, "none")
    return f"min_relay_parent_number {found['min_relay_parent_number']}"


def pending_candidates():
    for _ in range(30):
        pending = host("candidates_pending_availability", PARA)
        if pending:
            ensure(pending[0]["commitments"], pending)
            return "a receipt with commitments"
        heads("chain_subscribeNewHeads", 2)
    raise ValueError("no candidate is pending")


def block_with(pallet, name, count):
    """The number of the first block among the next ones with this event."""
    own = connect()
    seen = []

    def handler(block, update, subscription):
        number = block["header"]["number"]
        seen.append(number)
        at = asked.get_block_hash(number)
        if find([record.value["event"] for record in asked.get_events(at)], pallet, name) is not None:
            return number
        return -1 if len(seen) > count else None

    asked = connect()
    number = own.subscribe_block_headers(handler)
    own.close()
    asked.close()
    ensure(number >= 0, f"no {pallet}.{name} in {count} blocks")
    return number


def candidate_events():
    number = block_with("ParaInclusion", "CandidateIncluded", 30)
    host("candidate_events")
    return f"in block {number}"


def governance():
    before = host("async_backing_params")
    depth = before["max_candidate_depth"]
    # Watched from outside: by blocks alone, beginning before it is sent.
    watched = {}

    def watch():
        try:
            watched["number"] = block_with("Configuration", "Activated", 400)
        except Exception as error:  # told below
            watched["error"] = error

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    inner = chain.compose_call(
        "Configuration", "set_async_backing_params", {"params": {**before, "max_candidate_depth": depth + 1}}
    )
    call = chain.compose_call("Sudo", "sudo", {"call": inner})
    receipt = chain.submit_extrinsic(chain.create_signed_extrinsic(call, alice), wait_for_inclusion=True)
    staged = find([record.value["event"] for record in receipt.triggered_events], "Configuration", "Staged")
    ensure(staged is not None, "no Configuration.Staged")
    watcher.join(PATIENCE_S)
    ensure("number" in watched, watched.get("error", "no Configuration.Activated"))
    after = host("async_backing_params")
    ensure(after["max_candidate_depth"] == depth + 1, after)
    return f"max_candidate_depth {depth} to {depth + 1}, in force from block {watched['number']}"


def collator_subscriptions():
    found = [consecutive(heads(f"chain_subscribe{name}")) for name in ("AllHeads", "NewHeads", "FinalizedHeads")]
    return "; ".join(found)


def collator_calls():
    genesis = request("chain_getBlockHash", [0])
    ensure(genesis == chain.get_block_hash(0), genesis)
    head = request("chain_getHead")
    header = request("chain_getHeader")
    ensure(len(header["digest"]["logs"]) >= 2, header)
    last = request("chain_getFinalizedHead")
    ensure(request("state_getStorageHash", ["0x3a636f6465", last]), "no code")
    number = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac"  # System.Number
    ensure(request("state_getStorage", [number, head]), "no block number")
    ensure(request("state_getReadProof", [[number], head])["proof"], "no proof")
    child = "0x3a6368696c645f73746f726167653a64656661756c743a00"
    try:
        # No child trie is there: the proof says so, or the error does.
        ensure(request("state_getChildReadProof", [child, ["0x00"], head])["proof"] is not None, "no proof")
    except Exception as error:
        ensure("child" in str(error).lower(), error)
    ensure(request("system_health")["isSyncing"] is False, "it syncs")
    return "all answered"


def collator_runtime():
    head = request("chain_getHead")
    for name, args in LIST["collator_runtime"]:
        answer = request("state_call", [name, args.replace("{head}", head[2:]), head])
        ensure(len(answer) >= 4, f"{name}: {answer}")
    return f"{len(LIST['collator_runtime'])} calls"


def collator_proof():
    head = request("chain_getHead")
    for name, key in LIST["collator_proof"]["there"]:
        ensure(request("state_getStorage", [key, head]), f"no {name}")
    keys = [key for part in LIST["collator_proof"].values() for _, key in part]
    answer = request("state_getReadProof", [keys, head])
    ensure(answer["at"] == head and len(answer["proof"]) > 10, answer)
    return f"{len(keys)} keys, {len(answer['proof'])} nodes"


def collator_version():
    apis = dict(map(tuple, request("state_getRuntimeVersion")["apis"]))
    host_version = apis.get("0xaf2c0297a23e6d3d", 0)  # the first eight bytes of the Blake2 hash of `ParachainHost`
    ensure(host_version >= 13, f"ParachainHost at {host_version}")
    return f"ParachainHost at {host_version}"


def methods():
    found = request("rpc_methods")["methods"]
    for wanted in LIST["method_groups"]:
        ensure(wanted in found, f"no {wanted}")
    return f"{len(found)} methods"


CHECKS = {
    "chain": name,
    "metadata": metadata,
    "constants": constants,
    "balance": balance,
    "storage": storage,
    "nonce": nonce,
    "fee": fee,
    "transfer": lambda: f"final in {Transfer.get().receipt.block_hash[:10]}",
    "next block": next_block,
    "events": events,
    "dry run": dry_run,
    "best blocks": lambda: consecutive(heads("chain_subscribeNewHeads")),
    "final blocks": final_blocks,
    "storage subscription": storage_subscription,
    "groups": groups,
    "cores": cores,
    "claim queue": claim_queue,
    "backing state": backing_state,
    "constraints": constraints,
    "pending candidates": pending_candidates,
    "candidate events": candidate_events,
    "governance": governance,
    "collator: subscriptions": collator_subscriptions,
    "collator: calls": collator_calls,
    "collator: runtime": collator_runtime,
    "collator: relay proof": collator_proof,
    "collator: version": collator_version,
    "methods": methods,
}


def within(check):
    """What a check says, or that it said nothing in time."""
    outcome = {}

    def run():
        try:
            outcome["said"] = check()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    if "error" in outcome:
        raise outcome["error"]
    if "said" not in outcome:
        raise TimeoutError(f"no answer within {PATIENCE_S} s")
    return outcome["said"]


def main():
    failed = 0
    for call, _ in LIST["rows"]:
        try:
            row = {"call": call, "ok": True, "said": str(within(CHECKS[call]))}
        except Exception as error:
            row = {"call": call, "ok": False, "said": f"{type(error).__name__}: {error}"}
            failed += 1
        print(json.dumps(row), flush=True)
    os._exit(1 if failed else 0)


main()
