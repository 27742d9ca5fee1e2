// The list by @polkadot/api, unmodified and without types of its own for this chain.
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import { collator, collect, consecutive, ensure, PARA, sentAndIncluded, work } from "./rows.mjs";

const api = await ApiPromise.create({ provider: new WsProvider(process.argv[2]), noInitWarn: true });
const keyring = new Keyring({ type: "sr25519" });
const [alice, bob, charlie] = ["//Alice", "//Bob", "//Charlie"].map((uri) => keyring.addFromUri(uri));
const request = (method, params) => api._rpcCore.provider.send(method, params);
const host = (name, ...args) => {
	const call = api.call.parachainHost?.[name];
	ensure(call, `api.call.parachainHost.${name} is not there`);
	return call(...args);
};

let done;
/** One transfer for several rows. */
const transfer = () =>
	(done ??= (async () => {
		const call = api.tx.balances.transferKeepAlive(bob.address, 12_345);
		const fee = (await call.paymentInfo(alice.address)).partialFee.toBigInt();
		const sentAt = (await api.rpc.chain.getHeader()).number.toNumber();
		const steps = [];
		const events = await new Promise((resolve, reject) => {
			call.signAndSend(alice, ({ status, events, dispatchError }) => {
				steps.push(status.type);
				if (dispatchError) reject(new Error(dispatchError.toString()));
				if (status.isInvalid || status.isDropped || status.isUsurped) reject(new Error(status.type));
				if (status.isFinalized) resolve({ events, hash: status.asFinalized });
			}).catch(reject);
		});
		const includedAt = (await api.rpc.chain.getHeader(events.hash)).number.toNumber();
		return { fee, sentAt, includedAt, steps, events: events.events.map(({ event }) => event) };
	})());

const heads = (method) =>
	collect(3, (value) => api.rpc.chain[method]((head) => value(head.number.toNumber())));

await work({
	async chain() {
		const [name, health] = [await api.rpc.system.chain(), await api.rpc.system.health()];
		ensure(!health.isSyncing.valueOf(), health);
		ensure(api.runtimeVersion.specVersion.toNumber() > 0, "no runtime version");
		return name;
	},
	async metadata() {
		const pallets = api.runtimeMetadata.asLatest.pallets.length;
		["paraInherent", "paraScheduler", "configuration", "sudo"].forEach((name) => ensure(api.tx[name], `no ${name}`));
		return `version ${api.runtimeMetadata.version}, ${pallets} pallets, ${Object.keys(api.call).length} runtime APIs`;
	},
	async constants() {
		const cores = api.consts.paraScheduler.maxCores.toNumber();
		ensure(cores > 0, "no cores");
		return `maxCores ${cores}`;
	},
	async balance() {
		const { data } = await api.query.system.account(alice.address);
		ensure(data.free.toBigInt() > 0n, data);
		return data.free.toString();
	},
	async storage() {
		const all = await api.query.system.account.entries();
		ensure(all.length >= 6, `${all.length} accounts`);
		return `${all.length} accounts`;
	},
	async nonce() {
		const [node, state] = [await api.rpc.system.accountNextIndex(alice.address), (await api.query.system.account(alice.address)).nonce];
		ensure(node.toNumber() >= state.toNumber(), `${node} below ${state}`);
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
		const moved = events.find((event) => api.events.balances.Transfer.is(event));
		ensure(moved?.data[2].toNumber() === 12_345, "no Transfer");
		const paid = events.find((event) => api.events.transactionPayment.TransactionFeePaid.is(event));
		ensure(paid?.data[1].toBigInt() === fee, `${paid?.data[1]} paid, ${fee} told`);
		return `${events.length} events`;
	},
	async "dry run"() {
		const call = await api.tx.balances.transferKeepAlive(bob.address, 1).signAsync(charlie);
		const outcome = await call.dryRun(charlie);
		ensure(outcome.isOk && outcome.asOk.isOk, outcome.toString());
		return outcome;
	},
	"best blocks": async () => consecutive(await heads("subscribeNewHeads")),
	async "final blocks"() {
		const numbers = await heads("subscribeFinalizedHeads");
		const best = (await api.rpc.chain.getHeader()).number.toNumber();
		ensure(numbers.every((number) => number <= best), `${numbers}, best ${best}`);
		return consecutive(numbers);
	},
	async "storage subscription"() {
		const values = await collect(3, (value) => api.query.timestamp.now((now) => value(now.toNumber())));
		ensure(new Set(values).size === 3, values);
		return "timestamp.now, three times";
	},
	async groups() {
		const [groups, rotation] = await host("validatorGroups");
		ensure(groups.length === 2 && rotation.groupRotationFrequency, groups.toString());
		return groups.toString();
	},
	async cores() {
		const cores = await host("availabilityCores");
		ensure(cores.length === 2, cores.toString());
		return cores.map((core) => core.type).join(", ");
	},
	async "claim queue"() {
		const queue = await host("claimQueue");
		ensure(queue.toString().includes(PARA), queue.toString());
		return queue;
	},
	async "backing state"() {
		const state = await host("paraBackingState", PARA);
		ensure(state.isSome && state.unwrap().constraints, state.toString());
		return "with constraints";
	},
	async constraints() {
		const constraints = await host("backingConstraints", PARA);
		ensure(constraints.isSome, constraints.toString());
		return `minRelayParentNumber ${constraints.unwrap().minRelayParentNumber}`;
	},
	async "pending candidates"() {
		for (let tried = 0; tried < 30; tried++) {
			const pending = await host("candidatesPendingAvailability", PARA);
			if (pending.length) {
				ensure(pending[0].commitments, pending.toString());
				return "a receipt with commitments";
			}
			await heads("subscribeNewHeads");
		}
		throw new Error("no candidate is pending");
	},
	async "candidate events"() {
		const [number] = await collect(1, (value) =>
			api.query.system.events((events) => {
				const included = events.find(({ event }) => api.events.paraInclusion.CandidateIncluded.is(event));
				if (included) value(included.event.data.toHuman());
			}),
		);
		ensure(number, "none");
		await host("candidateEvents");
		return "CandidateIncluded";
	},
	async governance() {
		const before = await host("asyncBackingParams");
		const depth = before.maxCandidateDepth.toNumber();
		const params = { maxCandidateDepth: depth + 1, allowedAncestryLen: before.allowedAncestryLen.toNumber() };
		// Watched from outside: by blocks alone, beginning before it is sent.
		const activated = collect(1, (value) =>
			api.query.system.events((events) => {
				const found = events.find(({ event }) => api.events.configuration.Activated.is(event));
				if (found) value(found.event.data[0].toNumber());
			}),
		);
		const call = api.tx.sudo.sudo(api.tx.configuration.setAsyncBackingParams(params));
		await new Promise((resolve, reject) => {
			call.signAndSend(alice, { nonce: -1 }, ({ status, events }) => {
				if (!status.isInBlock) return;
				const staged = events.some(({ event }) => api.events.configuration.Staged.is(event));
				staged ? resolve() : reject(new Error("no configuration.Staged"));
			}).catch(reject);
		});
		const [session] = await activated;
		await heads("subscribeNewHeads");
		const after = await host("asyncBackingParams");
		ensure(after.maxCandidateDepth.toNumber() === depth + 1, after.toString());
		return `max_candidate_depth ${depth} to ${depth + 1}, in force from session ${session}`;
	},
	async "collator: subscriptions"() {
		const found = [];
		for (const method of ["subscribeAllHeads", "subscribeNewHeads", "subscribeFinalizedHeads"]) {
			found.push(consecutive(await heads(method)));
		}
		return found.join("; ");
	},
	"collator: calls": () => collator.calls(request, api.genesisHash.toHex()),
	"collator: runtime": () => collator.runtime(request),
	"collator: relay proof": () => collator.proof(request),
	"collator: version": () => collator.version(request),
	methods: () => collator.methods(request),
});
