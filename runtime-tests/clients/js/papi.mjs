// The list by polkadot-api: its untyped interface, which needs no descriptors generated beforehand.
import { Keyring } from "@polkadot/api";
import { createClient, Enum } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import { WebSocket } from "ws";
import { absent, collator, collect, consecutive, ensure, PARA, sentAndIncluded, text, work } from "./rows.mjs";

const client = createClient(getWsProvider(process.argv[2], { websocketClass: WebSocket }));
const api = client.getUnsafeApi();
const best = { at: "best" };
const keyring = new Keyring({ type: "sr25519" });
// Only keys are from elsewhere: polkadot-api leaves them to its users.
const [alice, bob] = ["//Alice", "//Bob"].map((uri) => keyring.addFromUri(uri));
const signer = getPolkadotSigner(alice.publicKey, "Sr25519", (payload) => alice.sign(payload));
const request = (method, params) => client._request(method, params);
const host = (name, ...args) => api.apis.ParachainHost[name](...args, best);
/** So many values, each another one than that before it: what is best is told once more when other blocks become final. */
const watch = (count, observable, map) =>
	collect(count, (value, error) => {
		let last;
		const next = (item) => {
			const found = map(item);
			if (found !== last) value((last = found));
		};
		const subscription = observable.subscribe({ next, error });
		return () => subscription.unsubscribe();
	});

let done;
/** One transfer for several rows. */
const transfer = () =>
	(done ??= (async () => {
		const call = api.tx.Balances.transfer_keep_alive({ dest: Enum("Id", bob.address), value: 12_345n });
		const fee = await call.getEstimatedFees(alice.address);
		const sentAt = Number((await request("chain_getHeader", [])).number);
		const steps = [];
		const end = await new Promise((resolve, reject) => {
			call.signSubmitAndWatch(signer).subscribe({
				next: (event) => {
					steps.push(event.type);
					if (event.type === "finalized") resolve(event);
				},
				error: reject,
			});
		});
		ensure(end.ok, end.dispatchError);
		return { fee, sentAt, includedAt: end.block.number, steps, events: end.events };
	})());

const find = (events, pallet, name) =>
	events.find((event) => event.type === pallet && event.value.type === name)?.value.value;

await work({
	async chain() {
		const { name, genesisHash } = await client.getChainSpecData();
		ensure(genesisHash.length === 66, genesisHash);
		return name;
	},
	async metadata() {
		const metadata = await client.getMetadata(await client.getFinalizedBlock().then((block) => block.hash));
		ensure(metadata.length > 10_000, `${metadata.length} bytes`);
		return `${metadata.length} bytes`;
	},
	async constants() {
		const cores = await api.constants.ParaScheduler.MaxCores();
		ensure(cores > 0, "no cores");
		return `MaxCores ${cores}`;
	},
	async balance() {
		const { data } = await api.query.System.Account.getValue(alice.address, best);
		ensure(data.free > 0n, data);
		return data.free;
	},
	async storage() {
		const all = await api.query.System.Account.getEntries(best);
		ensure(all.length >= 6, `${all.length} accounts`);
		return `${all.length} accounts`;
	},
	async nonce() {
		const state = await api.apis.AccountNonceApi.account_nonce(alice.address, best);
		const node = await request("system_accountNextIndex", [alice.address]);
		ensure(node >= state, `${node} below ${state}`);
		return node;
	},
	async fee() {
		const { fee } = await transfer();
		ensure(fee > 0n, "no fee");
		return fee;
	},
	transfer: async () => (await transfer()).steps.join(", "),
	"next block": async () => sentAndIncluded(await transfer()),
	async events() {
		const { events, fee } = await transfer();
		ensure(find(events, "Balances", "Transfer")?.amount === 12_345n, events);
		const paid = find(events, "TransactionPayment", "TransactionFeePaid");
		ensure(paid?.actual_fee === fee, `${paid?.actual_fee} paid, ${fee} told`);
		return `${events.length} events`;
	},
	async "dry run"() {
		const call = api.tx.Balances.transfer_keep_alive({ dest: Enum("Id", bob.address), value: 1n });
		const signed = await call.sign(signer);
		const outcome = await request("system_dryRun", [typeof signed === "string" ? signed : `0x${Buffer.from(signed).toString("hex")}`]);
		ensure(outcome === "0x0000", outcome);
		return outcome;
	},
	"best blocks": async () => consecutive(await watch(3, client.bestBlocks$, ([block]) => block.number)),
	"final blocks": async () => consecutive(await watch(3, client.finalizedBlock$, (block) => block.number)),
	async "storage subscription"() {
		const values = await watch(3, api.query.Timestamp.Now.watchValue(best), ({ value }) => value);
		ensure(new Set(values).size === 3, values);
		return "Timestamp.Now, three times";
	},
	async groups() {
		const [groups, rotation] = await host("validator_groups");
		ensure(groups.length === 2 && rotation.group_rotation_frequency, groups);
		return text(groups);
	},
	async cores() {
		const cores = await host("availability_cores");
		ensure(cores.length === 2, cores);
		return cores.map((core) => core.type).join(", ");
	},
	async "claim queue"() {
		const queue = await host("claim_queue");
		ensure(text(queue).includes(PARA), queue);
		return text(queue);
	},
	async "backing state"() {
		const state = await host("para_backing_state", PARA);
		ensure(state?.constraints, state);
		return "with constraints";
	},
	async constraints() {
		const constraints = await host("backing_constraints", PARA);
		ensure(constraints, "none");
		return `min_relay_parent_number ${constraints.min_relay_parent_number}`;
	},
	async "pending candidates"() {
		for (let tried = 0; tried < 30; tried++) {
			const [first] = await host("candidates_pending_availability", PARA);
			if (first) {
				ensure(first.commitments, first);
				return "a receipt with commitments";
			}
			await watch(2, client.bestBlocks$, ([block]) => block.number);
		}
		throw new Error("no candidate is pending");
	},
	async "candidate events"() {
		const blocks = api.event.ParaInclusion.CandidateIncluded.watch();
		const [number] = await collect(1, (value, error) => {
			const next = ({ block, events }) => events.length && value(block.number);
			const subscription = blocks.subscribe({ next, error });
			return () => subscription.unsubscribe();
		});
		await host("candidate_events");
		return `in block ${number}`;
	},
	async governance() {
		const before = await host("async_backing_params");
		const depth = before.max_candidate_depth;
		// Watched from outside: by blocks alone, beginning before it is sent.
		const activated = collect(1, (value, error) => {
			const next = ({ block, events }) => events.length && value(block.number);
			const subscription = api.event.Configuration.Activated.watch().subscribe({ next, error });
			return () => subscription.unsubscribe();
		});
		const params = { ...before, max_candidate_depth: depth + 1 };
		const call = api.tx.Configuration.set_async_backing_params({ params });
		const end = await api.tx.Sudo.sudo({ call: call.decodedCall }).signAndSubmit(signer);
		ensure(end.ok && find(end.events, "Configuration", "Staged"), end.events);
		const [number] = await activated;
		const after = await host("async_backing_params");
		ensure(after.max_candidate_depth === depth + 1, after);
		return `max_candidate_depth ${depth} to ${depth + 1}, in force from block ${number}`;
	},
	"collator: subscriptions": async () => absent("it speaks the newer specification only: chainHead_v1"),
	"collator: calls": async () => collator.calls(request, (await client.getChainSpecData()).genesisHash),
	"collator: runtime": () => collator.runtime(request),
	"collator: relay proof": () => collator.proof(request),
	"collator: version": () => collator.version(request),
	methods: () => collator.methods(request),
});
