"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

/** An element with attributes and children; text is only ever text. */
function make(name, attributes, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
	element.append(...children);
	return element;
}

const seconds = (ms) => (ms === null || ms === undefined ? "–" : (ms / 1000).toFixed(2) + " s");
const number = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en").replaceAll(",", "\u202f"));
const short = (hash) => hash.replace(/^0x/, "").slice(0, 8);
const relay = (run, position) => (position === null ? null : data.runs[run].relay[position]);

/** The n-th parablock of a para in a run. */
function parablock(run, para, position) {
	const found = data.runs[run].paras.find((of) => of.id === para);
	const row = found && found.blocks[position];
	if (!row) return null;
	const [candidate, kind, reason, height, parent, core, built, seconded, backable, backed, included, timedOut, extrinsics,
		pov, authoring, latency] = row;
	const [key, name, meaning] = data.classes[kind];
	return { candidate, key, name, meaning, reason: data.words[reason], height, parent, core, built, seconded, backable,
		backed, included, timedOut, extrinsics, pov, authoring, latency };
}

/** A table, out of what is in its cells. */
function table(heads, rows) {
	const head = make("tr", {}, ...heads.map(([text, kind]) => make("th", { scope: "col", class: kind || "" }, text)));
	const body = rows.map((row) =>
		make("tr", {}, ...row.map((cell, at) => {
			const kind = { class: heads[at][1] || "" };
			return at === 0 ? make("th", { scope: "row", ...kind }, cell) : make("td", kind, cell);
		})));
	return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

(function copy() {
	const button = $("copy");
	button.addEventListener("click", async () => {
		try {
			await navigator.clipboard.writeText($("command").textContent);
			button.textContent = "Copied";
		} catch {
			const range = document.createRange();
			range.selectNodeContents($("command"));
			getSelection().removeAllRanges();
			getSelection().addRange(range);
			button.textContent = "Selected";
		}
		setTimeout(() => (button.textContent = "Copy"), 2000);
	});
	button.hidden = false;
})();
