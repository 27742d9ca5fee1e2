// Rows of the matrix: a name, a check, and what became of it, as one line of JSON each on the standard output.
import { readFileSync } from "node:fs";

const list = JSON.parse(readFileSync(process.env.CALLS ?? new URL("../calls.json", import.meta.url)));

export const collatorRuntime = list.collator_runtime;
export const collatorProof = list.collator_proof;
export const methodGroups = list.method_groups;
export const PARA = 2000;

// A change of governance waits for two sessions.
const PATIENCE_MS = 180_000;

/** This client has no such call: an answer, not a failure. */
export class Absent extends Error {}

export const absent = (reason) => {
	throw new Absent(reason);
};

export const ensure = (condition, otherwise) => {
	if (!condition) throw new Error(typeof otherwise === "string" ? otherwise : text(otherwise));
};

export const text = (value) =>
	JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? inner.toString() : inner)) ?? String(value);

const within = (promise) => {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** Works through the list: each row of it is in `checks`, by its name. */
export async function work(checks) {
	let failed = 0;
	for (const [call] of list.rows) {
		let row;
		try {
			const check = checks[call];
			ensure(check, "this client does not try it");
			row = { call, ok: true, said: String(await within(check())) };
		} catch (error) {
			const said = error?.message ?? String(error);
			row = { call, ok: error instanceof Absent ? null : false, said };
			failed += row.ok === false ? 1 : 0;
		}
		process.stdout.write(JSON.stringify(row) + "\n");
	}
	process.exit(failed ? 1 : 0);
}

/** Resolves with what `subscribe` collects: it is given two functions, one for a value and one for an error. */
export const collect = (count, subscribe) =>
	new Promise((resolve, reject) => {
		const values = [];
		let stop;
		let ended = false;
		const end = (settle) => {
			ended = true;
			stop?.();
			settle();
		};
		const value = (item) => {
			if (ended) return;
			values.push(item);
			if (values.length >= count) end(() => resolve(values));
		};
		const error = (reason) => {
			if (!ended) end(() => reject(reason));
		};
		Promise.resolve(subscribe(value, error)).then((unsubscribe) => {
			stop = unsubscribe;
			if (ended) stop?.();
		}, error);
	});

export const consecutive = (numbers) => {
	numbers.slice(1).forEach((number, index) => ensure(number === numbers[index] + 1, numbers));
	return numbers.join(", ");
};

export const sentAndIncluded = ({ sentAt, includedAt }) => {
	// A block may have come between looking and sending.
	ensure(includedAt === sentAt + 1 || includedAt === sentAt + 2, `sent at ${sentAt}, included at ${includedAt}`);
	return `sent at ${sentAt}, included at ${includedAt}`;
};

/** What a collator asks, by a client's way to ask anything: `request(method, params)`. */
export const collator = {
	async calls(request, genesis) {
		const first = await request("chain_getBlockHash", [0]);
		ensure(first === genesis, `${first}, but ${genesis}`);
		const head = await request("chain_getHead", []);
		const header = await request("chain_getHeader", []);
		ensure(header.digest.logs.length >= 2, header);
		const last = await request("chain_getFinalizedHead", []);
		ensure(await request("state_getStorageHash", ["0x3a636f6465", last]), "no code");
		// System.Number
		const number = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac";
		ensure(await request("state_getStorage", [number, head]), "no block number");
		const proof = await request("state_getReadProof", [[number], head]);
		ensure(proof.proof.length > 0, proof);
		const child = "0x3a6368696c645f73746f726167653a64656661756c743a00";
		const absent = await request("state_getChildReadProof", [child, ["0x00"], head]).catch((error) => error);
		// No child trie is there: the proof says so, or the error does.
		ensure(Array.isArray(absent.proof) || /child/i.test(absent.message), absent);
		const health = await request("system_health", []);
		ensure(health.isSyncing === false, health);
		return "all answered";
	},

	async runtime(request) {
		const head = await request("chain_getHead", []);
		for (const [name, args] of collatorRuntime) {
			const encoded = args.replace("{head}", head.slice(2));
			const answer = await request("state_call", [name, encoded, head]).catch((error) => {
				throw new Error(`${name}: ${error.message}`);
			});
			ensure(answer.length >= 4, `${name}: ${answer}`);
		}
		return `${collatorRuntime.length} calls`;
	},

	async proof(request) {
		const head = await request("chain_getHead", []);
		for (const [name, key] of collatorProof.there) {
			ensure(await request("state_getStorage", [key, head]), `no ${name}`);
		}
		const keys = Object.values(collatorProof).flat().map(([, key]) => key);
		const { at, proof } = await request("state_getReadProof", [keys, head]);
		ensure(at === head && proof.length > 10, proof);
		return `${keys.length} keys, ${proof.length} nodes`;
	},

	async version(request) {
		const { apis } = await request("state_getRuntimeVersion", []);
		// The first eight bytes of the Blake2 hash of `ParachainHost`.
		const [, host] = apis.find(([id]) => id === "0xaf2c0297a23e6d3d") ?? [];
		ensure(host >= 13, `ParachainHost at ${host}`);
		return `ParachainHost at ${host}`;
	},

	async methods(request) {
		const { methods } = await request("rpc_methods", []);
		methodGroups.forEach((wanted) => ensure(methods.includes(wanted), `no ${wanted}`));
		return `${methods.length} methods`;
	},
};
