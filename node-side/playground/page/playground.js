"use strict";
const $ = (id) => document.getElementById(id);

/** An element with attributes and children; text is only ever text. */
function make(name, attributes, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
	element.append(...children);
	return element;
}

/** A table, out of what is in its cells. */
function table(heads, rows, classes) {
	const head = make("tr", {}, ...heads.map(([text, kind]) => make("th", { scope: "col", class: kind || "" }, text)));
	const body = rows.map((row, number) =>
		make("tr", { class: (classes && classes[number]) || "" }, ...row.map((cell, at) => {
			const kind = { class: heads[at][1] || "" };
			return at === 0 ? make("th", { scope: "row", ...kind }, cell) : make("td", kind, cell);
		})));
	return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

/* The rules: a module that asks to be told why it stops, and for its own hash function. An instance for each call. */
const rules = (async () => {
	const bytes = Uint8Array.from(atob($("wasm").textContent), (symbol) => symbol.charCodeAt(0));
	const module = await WebAssembly.compile(bytes);
	const text = (memory, packed) => {
		const at = Number(packed & 0xffffffffn), length = Number(BigInt.asUintN(64, packed) >> 32n);
		return new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));
	};
	const instance = () => {
		let own = null;
		const env = {
			ext_logging_log_version_1(_level, _target, message) { throw new Error(text(own.memory, message)); },
			ext_hashing_blake2_256_version_1: (data) => own.blake2_256(data),
		};
		own = new WebAssembly.Instance(module, { env }).exports;
		return own;
	};
	return {
		/** What there is to see of a game, as text. */
		play(game) {
			const { memory, room, play } = instance();
			const asked = new TextEncoder().encode(game);
			const at = room(asked.length);
			new Uint8Array(memory.buffer, at, asked.length).set(asked);
			return text(memory, play(at, asked.length));
		},
		presets() {
			const { memory, presets } = instance();
			return text(memory, presets());
		},
	};
})();

(async function page() {
	let engine;
	try {
		engine = await rules;
	} catch (error) {
		$("broken").textContent = "The rules do not run here: " + error.message;
		$("broken").hidden = false;
		return;
	}
	const presets = JSON.parse(engine.presets());
	const game = { moves: [], look: {} };
	let preset = null, step = 0, shown = null;
	// For tests and for the curious: the same functions that the page uses.
	window.playground = { play: engine.play, presets: engine.presets, game: () => game };

	const number = (id) => Math.max(0, Math.trunc(Number($(id).value)) || 0);
	const list = (names) => (names.length ? names.join(", ") : "nothing");

	/** Fills a select, and keeps what was chosen if it is still there. */
	function options(select, rows, chosen) {
		select.replaceChildren(...rows.map(([value, text]) => make("option", { value: String(value) }, text)));
		if (rows.some(([value]) => String(value) === String(chosen))) select.value = String(chosen);
	}

	function show() {
		shown = JSON.parse(engine.play(JSON.stringify(game)));
		if (shown.error) {
			$("broken").textContent = shown.error;
			$("broken").hidden = false;
			return;
		}
		choices();
		chain();
		tree();
		next();
		candidates();
		left();
		said();
		$("undo").disabled = $("again").disabled = game.moves.length === 0;
	}

	function choices() {
		const own = shown.candidates.map((of, at) => [at, of]).filter(([, of]) => of.para === shown.para);
		const stands = own.filter(([, of]) => /^(depth|pending)/.test(of.place) || of.is_lost);
		const latest = stands.length ? stands[stands.length - 1][0] : "";
		const tips = shown.blocks.map((block, at) => [at, block]).filter(([, block]) => block.is_leaf);
		options($("on"), [["", "the included head"], ...own.map(([at, of]) => [at, of.name])], latest);
		options($("relay-parent"), shown.blocks.map((block, at) => [at, block.name + (block.in_scope ? "" : " (out of scope)")]).reverse(), shown.leaf);
		options($("head-of"), [["", "its own"], ...own.map(([at, of]) => [at, of.name])], "");
		options($("block-on"), shown.blocks.map((block, at) => [at, block.name + (block.is_leaf ? "" : " (a fork)")]).reverse(), shown.leaf);
		options($("leaf"), tips.map(([at, block]) => [at, block.name]), shown.leaf);
		options($("at"), [["", "the best path"], ...own.map(([at, of]) => [at, of.name])], game.look.at ?? "");
		$("para").value = String(shown.para);
		$("depth").value = shown.depth;
		$("ancestry").value = shown.ancestry;
		$("cores").value = String(shown.cores);
		[$("velocity").value, $("capacity").value] = shown.hook;
	}

	/** The relay chain: a row for each fork, from where it leaves the row above. */
	function chain() {
		const columns = new Map(), rows = [];
		shown.blocks.forEach((block, at) => {
			const column = block.parent === null ? 0 : columns.get(block.parent).column + 1;
			const above = block.parent === null ? null : columns.get(block.parent).row;
			const goesOn = above !== null && rows[above].length === column;
			const row = goesOn ? above : rows.length;
			if (!goesOn) rows.push(Array(column).fill(null));
			rows[row].push(at);
			columns.set(at, { column, row });
		});
		const box = (at) => {
			if (at === null) return make("div", { class: "gap" });
			const block = shown.blocks[at];
			const what = [
				...block.included.map((name) => "includes " + name), ...block.timed_out.map((name) => "drops " + name),
				...block.backed.map((name) => "backs " + name), ...block.refused.map((name) => "refuses " + name),
			];
			const scope = make("span", {}, block.in_scope ? "in scope" : "out of scope");
			return make("div", { class: "relay " + (block.in_scope ? "in" : "out") + (block.is_leaf ? " leaf" : "") },
				make("b", {}, block.name), scope, ...what.map((line) => make("span", {}, line)));
		};
		$("chain").replaceChildren(...rows.map((row) => make("div", { class: "fork" }, ...row.map(box))));
		$("chain").scrollLeft = $("chain").scrollWidth;
	}

	function tree() {
		const of = shown.tree;
		$("tree-title").textContent = of ? of.title + ": " + of.subtitle : "No tree: the para is not scheduled here.";
		// Written by the rules' own drawing code; the texts in it are names that this page's crates made.
		$("drawing").innerHTML = of ? of.figure : "";
		const svg = $("drawing").querySelector("svg");
		const places = $("places").querySelector(".wide"), others = $("view").querySelector(".wide");
		if (svg) {
			svg.setAttribute("role", "img");
			svg.setAttribute("aria-label", $("tree-title").textContent);
			const boxes = svg.querySelectorAll("rect.pending, rect.backable, rect.seconded");
			boxes.forEach((box, at) => {
				const candidate = of.nodes[at] ? of.nodes[at].candidate : null;
				if (candidate === null) return;
				box.dataset.at = String(candidate);
				if (candidate === game.look.at) box.classList.add("here");
			});
		}
		const heads = [["candidate"], ["stands on"], ["depth", "n"], ["relay parent", "n"], ["state"], ["best path"]];
		const rows = of ? of.nodes.map((node) => [node.candidate === null ? "?" : shown.candidates[node.candidate].name, node.parent,
			String(node.depth), String(node.relay_parent), node.state, node.best ? "yes" : "no"]) : [];
		places.replaceChildren(rows.length ? table(heads, rows) : make("p", { class: "small" }, "No candidates."));
		others.replaceChildren(shown.others.length
			? table([["leaf"], ["para"], ["tree"]], shown.others.map(([leaf, para, line]) => [leaf, String(para), line]))
			: make("p", { class: "small" }, "There is one tree."));
		const last = shown.said[shown.said.length - 1];
		$("last").className = last ? (last.accepted ? "yes" : "no") : "";
		$("last").replaceChildren(...(last ? [make("b", {}, last.done), ": " + (last.accepted ? "" : "no. ") + last.why] : ["Nothing has been done yet."]));
	}

	function next() {
		const of = shown.next;
		const rows = of ? [
			["number", String(of.number)], ["includes", list(of.included)], ["drops, timed out", list(of.timed_out)],
			["stays pending", of.stays.length ? of.stays.map(([name, at]) => name + " (times out at " + at + ")").join(", ") : "nothing"],
			["required path", of.required.length ? of.required.join(" → ") : "empty"],
			["cores free", of.free.length ? of.free.map((core) => "core " + core).join(", ") : "none"], ["backs", list(of.offered)],
		] : [];
		if (of && shown.mail.length) rows.push(["sends", shown.mail.map(([para, count]) => count + " to para " + para).join(", ")]);
		$("next").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
	}

	function candidates() {
		const act = (text, label, move) => {
			const button = make("button", { type: "button", "aria-label": label }, text);
			button.addEventListener("click", () => {
				const again = button.getAttribute("aria-label");
				make_move(move);
				const back = [...$("candidate-table").querySelectorAll("button")].find((of) => of.getAttribute("aria-label") === again);
				(back || $("candidate-table")).focus();
			});
			return button;
		};
		const rows = shown.candidates.map((of, candidate) => {
			const [members, quorum] = shown.group;
			const voters = [...Array(members).keys()];
			const free = voters.find((validator) => !of.votes.includes(validator) && !of.lost_votes.includes(validator));
			const acts = make("div", { class: "acts" });
			if (free !== undefined) {
				acts.append(act("Vote", "Vote for " + of.name, { vote: { candidate, validator: free } }));
				acts.append(act("Lose a vote", "Lose a vote for " + of.name, { vote: { candidate, validator: free, lost: true } }));
			}
			if (of.is_lost || of.lost_votes.length) acts.append(act("Deliver", "Deliver what was lost of " + of.name, { deliver: { candidate } }));
			acts.append(act(of.is_withheld ? "Have chunks" : "Lack chunks", (of.is_withheld ? "Have chunks of " : "Lack chunks of ") + of.name,
				{ withhold: { candidate, withheld: !of.is_withheld } }));
			const place = make("span", { class: of.refusal && of.place === "refused" ? "refused" : "" }, of.place === "refused" ? of.refusal : of.place);
			const lost = of.lost_votes.length ? ", " + of.lost_votes.length + " lost" : "";
			return [of.name, place, of.votes.length + " of " + quorum + lost, acts, of.on, of.relay_parent, of.takes || "–"];
		});
		const heads = [["candidate"], ["where it is", "place"], ["votes"], ["do"], ["builds on"], ["relay parent"], ["takes"]];
		$("candidate-table").replaceChildren(rows.length ? table(heads, rows) : make("p", { class: "small" }, "None yet."));
	}

	function left() {
		const of = shown.contexts;
		$("left-text").textContent = of.refusal ? "A block behind " + of.behind + " on relay block " + of.relay_parent + " cannot be: " + of.refusal
			: "For a block behind " + of.behind + ", on relay block " + of.relay_parent + ", with " + of.depth + " unincluded before it.";
		const rows = of.fields.map((field) => [make("span", {}, make("code", {}, field.name.replaceAll("_", "_\u200b")), make("span", { class: "rule" }, field.rule)),
			field.base, field.left, field.by.join(", ") || "–"]);
		const classes = of.fields.map((field) => (field.by.length ? "changed" : ""));
		$("left-table").replaceChildren(rows.length
			? table([["constraint"], ["base"], ["left"], ["changed by"]], rows, classes) : "");
		const hooks = of.hooks.map((hook) => [make("code", {}, hook.name), hook.builds ? "yes" : "no", hook.verdict]);
		$("hook-table").replaceChildren(hooks.length
			? table([["hook"], ["a collator builds (R-HOO-3)"], ["the parachain says of the block (R-HOO-1, R-HOO-2)"]], hooks)
			: make("p", { class: "small" }, "There is no such block."));
		$("role-title").textContent = of.roles.length ? "Who knows what of " + of.behind : "Who knows what of a candidate";
		const roles = of.roles.map((role) => [role.what, role.collator, role.backer, role.approver]);
		$("role-table").replaceChildren(roles.length
			? table([["what"], ["collator (R-COL-2)"], ["backer (R-COL-3)"], ["approver (R-COL-4)"]], roles)
			: make("p", { class: "small" }, "Look behind a candidate to see it."));
	}

	function said() {
		$("said").replaceChildren(...shown.said.map((of) =>
			make("li", { class: of.accepted ? "yes" : "no" }, of.done, make("span", { class: "why" }, (of.accepted ? "" : "No: ") + of.why))).reverse());
	}

	function make_move(move) {
		game.moves.push(move);
		leave();
		// A leaf that was left behind is none any more.
		if (move.block) delete game.look.leaf;
		if (move.candidate || move.block) delete game.look.at;
		show();
	}

	/** The reader goes a way of their own. */
	function leave() {
		if (!preset || step > preset.steps.length) return;
		const own = preset.steps.slice(0, step).reduce((count, of) => count + of.moves.length, 0);
		if (own !== game.moves.length) $("told").textContent = "You go your own way from here. Next step goes back to the question.";
	}

	function tell() {
		$("question").textContent = preset ? preset.question : "What would you like to try?";
		$("told").textContent = preset
			? (step ? preset.steps[step - 1].text : "Take the first step.")
			: "Build a parablock on the left, or choose a slide.";
		$("step-at").textContent = preset ? "Step " + step + " of " + preset.steps.length : "";
		$("answer").hidden = !preset || preset.shows === "bench";
		if (preset) $("answer").href = "#" + preset.shows;
		if (preset && preset.shows === "view") $("view").open = true;
		$("step-back").disabled = !preset || step <= 1;
		$("step-on").disabled = !preset || step >= preset.steps.length;
	}

	function go(to) {
		step = to;
		game.moves = preset ? preset.steps.slice(0, step).flatMap((of) => of.moves) : [];
		const look = preset && step ? preset.steps[step - 1].look : {};
		game.look = { ...look };
		if (!game.look.para) delete game.look.para;
		tell();
		show();
	}

	options($("preset"), [["", "None: an empty tree"], ...presets.map((of) => [of.key, of.title])], "");
	const choose = (key) => {
		preset = presets.find((of) => of.key === key) || null;
		$("preset").value = preset ? preset.key : "";
		go(preset ? 1 : 0);
	};
	$("preset").addEventListener("change", () => choose($("preset").value));
	$("step-on").addEventListener("click", () => go(step + 1));
	$("step-back").addEventListener("click", () => go(step - 1));
	for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
	$("build").addEventListener("submit", () => {
		const plan = {
			para: shown.para, relay_parent: number("relay-parent"), lost: $("lost").checked, upward: number("upward"), upward_len: number("upward-len"),
			downward: number("downward"), horizontal: number("horizontal"), head_len: number("head-len"), announces_code: $("announces").checked,
			other_code: $("other-code").checked,
		};
		if ($("on").value !== "") plan.on = number("on");
		if ($("head-of").value !== "") plan.head_of = number("head-of");
		for (const id of ["upward", "downward", "horizontal", "head-len"]) $(id).value = "0";
		for (const id of ["lost", "announces", "other-code"]) $(id).checked = false;
		make_move({ candidate: plan });
	});
	$("chain-form").addEventListener("submit", () => make_move({ block: { on: number("block-on") } }));
	$("message").addEventListener("click", () => make_move({ message: { para: shown.para } }));
	$("params").addEventListener("submit", () => {
		const [depth, ancestry, cores] = ["depth", "ancestry", "cores"].map(number);
		const [velocity, capacity] = ["velocity", "capacity"].map(number);
		const moves = [];
		if (depth !== shown.depth || ancestry !== shown.ancestry) moves.push({ params: { depth, ancestry } });
		if (cores !== shown.cores) moves.push({ cores: { count: cores } });
		if (velocity !== shown.hook[0] || capacity !== shown.hook[1]) moves.push({ hook: { velocity, capacity } });
		moves.forEach(make_move);
	});
	$("undo").addEventListener("click", () => { game.moves.pop(); leave(); show(); });
	$("again").addEventListener("click", () => (preset ? go(1) : go(0)));
	$("leaf").addEventListener("change", () => { game.look.leaf = number("leaf"); show(); });
	$("para").addEventListener("change", () => { game.look.para = number("para"); delete game.look.at; show(); });
	const look = (value) => {
		if (value === "") delete game.look.at;
		else game.look.at = Number(value);
		show();
	};
	$("at").addEventListener("change", () => look($("at").value));
	$("drawing").addEventListener("click", (event) => {
		const at = event.target.dataset && event.target.dataset.at;
		if (at !== undefined) look(at === String(game.look.at) ? "" : at);
	});
	const asked = decodeURIComponent(location.hash.replace(/^#slide=/, ""));
	choose(presets.some((of) => of.key === asked) ? asked : "anatomy");
	document.documentElement.dataset.ready = "";
})();
