"""Tools of the ecosystem that take a runtime's blob: each row is a tool, what it does, and what came of it."""

import json
import os
import subprocess
import time
from pathlib import Path

from devnet import Devnet

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PRESETS = ("development", "local", "devnet")

SPEC = "chain-spec-builder 21"
BENCH = "frame-omni-bencher"
TRY = "try-runtime"

# What each is: the tool, or the library that the tool is made of.
ABOUT = {
    SPEC: "The tool itself, `staging-chain-spec-builder` 21.0.0 as it is published, on the blob of the relay runtime.",
    BENCH: "Its library, `frame-benchmarking-cli` 64.0.0: the tool is that library's command `pallet` behind `v1 benchmark`, with "
    "three more sets of host functions, and links RocksDB. The blob is the relay runtime's with `runtime-benchmarks`.",
    TRY: "What the tool executes, not the tool, which is in no registry: the API `TryRuntime` of `frame-try-runtime` 0.55.0, "
    "on the relay runtime's blob with `try-runtime` and the state of a devnet that runs on that blob.",
}


def ensure(condition, otherwise):
    if not condition:
        raise ValueError(str(otherwise))


def run(*command):
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ensure(done.returncode == 0, f"exit code {done.returncode}: {(done.stderr or done.stdout)[-400:]}")
    return done.stdout, done.stderr


def built(manifest, target, *arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    environment.pop("SKIP_WASM_BUILD", None)
    subprocess.run(
        ["cargo", "build", "--locked", "--manifest-path", manifest, *arguments], check=True, env=environment
    )


class ChainSpec:
    """chain-spec-builder on a blob."""

    def __init__(self, program, blob, place):
        self.program, self.blob, self.place = program, blob, place

    def rows(self):
        yield SPEC, "list-presets", self.presets
        for preset in PRESETS:
            yield SPEC, f"create named-preset {preset}, verify, convert-to-raw", lambda preset=preset: self.create(preset)

    def presets(self):
        said, _ = run(self.program, "list-presets", "--runtime", self.blob)
        found = json.loads(said)["presets"]
        ensure(all(preset in found for preset in PRESETS), said)
        return ", ".join(found)

    def create(self, preset):
        plain, raw = self.place / f"{preset}.json", self.place / f"{preset}-raw.json"
        for path in (plain, raw):
            path.unlink(missing_ok=True)
        # It ends with exit code 0 whatever happens: only what it writes tells.
        _, said = run(
            self.program, "--chain-spec-path", plain, "create", "--chain-name", "Devnet", "--chain-id", "devnet",
            "-t", "local", "--runtime", self.blob, "--verify", "named-preset", preset,
        )
        ensure(plain.exists(), said)
        _, said = run(self.program, "verify", plain)
        ensure("error" not in said.lower(), said)
        _, said = run(self.program, "--chain-spec-path", raw, "convert-to-raw", plain)
        ensure(raw.exists(), said)
        top = json.loads(raw.read_text())["genesis"]["raw"]["top"]
        ensure(top.get("0x3a636f6465"), "no code in the genesis")
        # Paras' configuration, where parachains read it (R-KEY-1).
        active = "0x06de3d8a54d27e44a9d5ce189618f22db4b49d95320d9021994c850f25b8e385"
        ensure(active in top, "no configuration in the genesis")
        return f"{len(top)} keys in the genesis"


class Benchmarks:
    """The library of frame-omni-bencher on the blob with benchmarks."""

    def __init__(self, program):
        self.program = program

    def rows(self):
        yield BENCH, "benchmark pallet --list", self.list
        yield BENCH, "benchmark pallet, one of them, executed as Wasm", self.one

    def list(self):
        said, _ = run(self.program, "--pallet", "*", "--extrinsic", "*", "--list")
        ours = [line for line in said.splitlines() if line.startswith("pallet_async_backing_")]
        pallets = {line.split(",")[0] for line in ours}
        ensure(len(pallets) >= 6, said)
        return f"{len(ours)} benchmarks of {len(pallets)} pallets"

    def one(self):
        said, errors = run(
            self.program, "--pallet", "pallet_async_backing_inclusion", "--extrinsic", "enter_bitfields",
            "--steps", "2", "--repeat", "1", "--min-duration", "0", "--genesis-builder=none",
            "--wasm-execution=compiled", "--heap-pages", "4096", "--disable-proof-recording",
        )
        ensure("Pallet: \"pallet_async_backing_inclusion\"" in said, said + errors)
        return next((line for line in said.splitlines() if line.startswith("Time")), "measured")


def compact(number):
    """SCALE's numbers of varying length."""
    if number < 1 << 6:
        return (number << 2).to_bytes(1, "little")
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    return (number << 2 | 2).to_bytes(4, "little")


def unhex(text):
    return bytes.fromhex(text[2:])


def encoded(block):
    """A block as its runtime is given it: without the seal, which the author puts on it."""
    header = block["header"]
    logs = [unhex(log) for log in header["digest"]["logs"]]
    logs = [log for log in logs if log[0] != 5]
    fields = [unhex(header["parentHash"]), compact(int(header["number"], 16))]
    fields += [unhex(header["stateRoot"]), unhex(header["extrinsicsRoot"]), compact(len(logs)), *logs]
    fields += [compact(len(block["extrinsics"])), *map(unhex, block["extrinsics"])]
    return b"".join(fields)


class TryRuntime:
    """The API that try-runtime executes, on the state of a devnet."""

    def __init__(self, program, blob):
        self.program, self.blob, self.devnet = program, blob, None

    def rows(self):
        yield TRY, "on-runtime-upgrade, with all checks", self.upgrade
        yield TRY, "execute-block, state root and signatures checked, all pallets' try_state behind it", self.blocks

    def started(self):
        """A devnet in its third session, with parablocks in its state."""
        if self.devnet is None:
            self.devnet = Devnet(self.program, "--runtime", str(self.blob))
            while int(self.devnet.ask("chain_getHeader")["number"], 16) < 24:
                time.sleep(0.5)
        return self.devnet

    def upgrade(self):
        head = self.started().ask("chain_getBlockHash")
        # `UpgradeCheckSelect::All`; a check that fails is a trap, and so an error. Two weights are the answer.
        answer = self.devnet.ask("state_call", "TryRuntime_on_runtime_upgrade", "0x01", head)
        ensure(len(answer) > 10, answer)
        return "migrations and try_state of every pallet pass"

    def blocks(self):
        devnet = self.started()
        for number in range(18, 24):
            block = devnet.ask("chain_getBlock", devnet.ask("chain_getBlockHash", number))["block"]
            # State root and signatures are checked, `TryStateSelect::All`.
            arguments = "0x" + (encoded(block) + bytes([1, 1, 1])).hex()
            devnet.ask("state_call", "TryRuntime_execute_block", arguments, block["header"]["parentHash"])
        block["header"]["stateRoot"] = "0x" + "00" * 32
        try:
            devnet.ask(
                "state_call", "TryRuntime_execute_block", "0x" + (encoded(block) + bytes([1, 1, 1])).hex(),
                block["header"]["parentHash"],
            )
        except ValueError:
            return "blocks 18 to 23; the last is refused with another state root"
        raise ValueError("a block with another state root is not refused")

    def end(self):
        if self.devnet is not None:
            self.devnet.end()


def outcome(check):
    try:
        return True, str(check())
    except Exception as error:  # whatever it is, it is a row of the table
        return False, f"{type(error).__name__}: {error}"


def rows(program, cache, blob):
    """Builds the tools below `cache`, and yields tool, call, whether it is well, and what was said."""
    weights = ROOT / "benchmarks" / "weights" / "Cargo.toml"
    target = cache.parent / "weights"
    built(
        weights, target, "--release", "-p", "async-backing-bench-weights", "-p", "staging-chain-spec-builder", "--bins"
    )
    place = cache / "tools"
    place.mkdir(parents=True, exist_ok=True)
    manifest, writer = HERE / "try-runtime" / "Cargo.toml", cache / "try-runtime"
    built(manifest, writer)
    tried = place / "try-runtime.wasm"
    run(writer / "debug" / "async-backing-clients-try-runtime", tried)
    release = target / "release"
    tools = [
        ChainSpec(release / "chain-spec-builder", blob, place),
        Benchmarks(release / "async-backing-bench-weights"),
        TryRuntime(program, tried),
    ]
    for tool in tools:
        for name, call, check in tool.rows():
            yield (name, call, *outcome(check))
        if isinstance(tool, TryRuntime):
            tool.end()
