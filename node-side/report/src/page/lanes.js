/* Time lines: details of a parablock where one points, and arrow keys along them. */
const card = $("card");
let shown = null;

function fill(run, para, block) {
	const at = (position) => {
		const of = relay(run, position);
		return of ? "relay block " + of[0] + ", " + seconds(of[2]) : "–";
	};
	const rows = [
		["built", seconds(block.built)],
		["relay parent", number(block.parent)],
		["core", number(block.core)],
		["seconded", seconds(block.seconded)],
		["backable", seconds(block.backable)],
		["backed", at(block.backed)],
		block.timedOut === null ? ["included", at(block.included)] : ["timed out", at(block.timedOut)],
		["authoring to inclusion", seconds(block.latency)],
		["extrinsics", number(block.extrinsics)],
		["proof of validity", block.pov === null ? "–" : (block.pov / 1000).toFixed(1) + " kB"],
		["authoring time", seconds(block.authoring)],
	].filter(([, value]) => value !== "–");
	const name = block.height === null ? short(block.candidate) : String(block.height);
	const icon = document.createElementNS("http" + "://www.w3.org/2000/svg", "svg");
	icon.setAttribute("class", "icon k-" + block.key);
	icon.setAttribute("viewBox", "0 0 12 12");
	const use = document.createElementNS(icon.namespaceURI, "use");
	use.setAttribute("href", "#i-" + block.key);
	icon.append(use);
	card.replaceChildren(
		make("h4", {}, icon, "Parablock " + name + " of para " + para + ": " + block.name),
		make("p", {}, block.reason || block.meaning),
		make("p", { class: "hash" }, block.candidate),
		make("dl", {}, ...rows.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)])),
		make("p", { class: "hint" }, $("trees") ? "Enter shows the tree at its relay parent; Escape closes." : "Escape closes."),
	);
}

function show(bar) {
	const lane = bar.closest(".lane");
	const run = Number(lane.dataset.run), para = Number(lane.dataset.para);
	const block = parablock(run, para, Number(bar.dataset.i));
	if (!block) return;
	hide();
	fill(run, para, block);
	shown = bar;
	bar.classList.add("on");
	bar.setAttribute("aria-describedby", "card");
	place();
}

/** Puts the card beside its bar, as long as that is to be seen. */
function place() {
	if (!shown) return;
	const at = (shown.querySelector(".held") || shown).getBoundingClientRect();
	// A bar that gets the focus may come into view only then.
	card.hidden = at.bottom < 0 || at.top > innerHeight || at.right < 0 || at.left > innerWidth;
	if (card.hidden) return;
	const { width, height } = card.getBoundingClientRect();
	const below = at.bottom + 10 + height <= innerHeight;
	card.style.left = Math.max(12, Math.min(at.left, innerWidth - width - 12)) + "px";
	card.style.top = (below ? at.bottom + 10 : Math.max(8, at.top - height - 10)) + "px";
}

function hide() {
	if (shown) {
		shown.classList.remove("on");
		shown.removeAttribute("aria-describedby");
	}
	shown = null;
	card.hidden = true;
}

/** Makes a bar the one that the Tab key comes to, and shows it. */
function step(bars, at) {
	const to = bars[Math.max(0, Math.min(at, bars.length - 1))];
	if (!to) return;
	bars.forEach((bar) => bar.setAttribute("tabindex", bar === to ? "0" : "-1"));
	to.focus({ preventScroll: true });
	to.scrollIntoView({ block: "nearest", inline: "nearest" });
	show(to);
}

for (const lane of document.querySelectorAll(".lane")) {
	const bars = [...lane.querySelectorAll(".b")];
	const barOf = (event) => event.target.closest(".b");
	lane.addEventListener("pointerover", (event) => barOf(event) && show(barOf(event)));
	lane.addEventListener("pointerleave", (event) => {
		const own = shown && lane.contains(shown) && !lane.contains(document.activeElement);
		if (own && event.pointerType !== "touch") hide();
	});
	lane.addEventListener("focusin", (event) => barOf(event) && show(barOf(event)));
	lane.addEventListener("focusout", hide);
	lane.addEventListener("click", (event) => {
		const bar = barOf(event);
		if (bar) step(bars, bars.indexOf(bar));
	});
	lane.addEventListener("dblclick", (event) => barOf(event) && toTree(barOf(event)));
	lane.addEventListener("keydown", (event) => {
		const at = bars.indexOf(barOf(event));
		const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: bars.length }[event.key];
		if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
		if (to !== undefined) {
			event.preventDefault();
			step(bars, to);
		} else if (event.key === "Enter" || event.key === " ") {
			event.preventDefault();
			toTree(bars[at]);
		}
	});
}
addEventListener("keydown", (event) => event.key === "Escape" && hide());
addEventListener("scroll", place, { passive: true, capture: true });
addEventListener("resize", place);

/** The tree at a parablock's relay parent. */
function toTree(bar) {
	const lane = bar.closest(".lane");
	const run = Number(lane.dataset.run), para = Number(lane.dataset.para);
	const block = parablock(run, para, Number(bar.dataset.i));
	if (block && block.parent !== null && typeof showTree === "function" && showTree(run, para, block.parent)) {
		hide();
		$("tree-at").focus();
		$("trees").scrollIntoView();
	}
}

/* The same as tables, made when somebody opens them. */
for (const details of document.querySelectorAll("details.blocks")) {
	details.addEventListener("toggle", () => {
		const place = details.querySelector(".wide");
		if (!details.open || place.firstChild) return;
		const para = Number(details.dataset.para);
		const heads = [["candidate"], ["run"], ["block", "n"], ["became"], ["why"], ["built", "n"], ["relay parent", "n"],
			["backed in", "n"], ["included in", "n"], ["latency", "n"], ["extrinsics", "n"]];
		const rows = data.runs.flatMap((run, at) => {
			const found = run.paras.find((of) => of.id === para);
			return (found ? found.blocks : []).map((_, position) => {
				const block = parablock(at, para, position);
				const of = (where) => (where === null ? "–" : String(relay(at, where)[0]));
				return [make("code", {}, short(block.candidate)), run.name, number(block.height), block.name, block.reason,
					seconds(block.built), number(block.parent), of(block.backed), of(block.included), seconds(block.latency),
					number(block.extrinsics)];
			});
		});
		place.append(table(heads, rows));
	});
}
