/* The fragment tree at a slider. */
const showTree = (function trees() {
	if (!$("trees")) return null;
	const slider = $("tree-at"), runs = $("tree-run"), paras = $("tree-para"), drawing = $("tree-drawing");
	const play = $("tree-play");
	let timer = null;
	const run = () => Number(runs.value);
	/** The last relay block of a run that has a tree: nobody has built on the newest one. */
	const last = (of) => Math.max(0, ...Object.values(data.trees[of]).map((trees) => (trees.length ? trees[trees.length - 1][0] : 0)));
	const frame = () => (data.trees[run()][paras.value] || []).find(([at]) => at === Number(slider.value));

	function places(tree) {
		const place = $("tree-places").querySelector(".wide");
		if (!$("tree-places").open) return place.replaceChildren();
		const all = tree ? tree[3] : [];
		const heads = [["candidate"], ["builds on"], ["depth", "n"], ["relay parent", "n"], ["state"], ["on the best path"]];
		const rows = all.map(([candidate, parent, depth, relayParent, state, best]) => [
			make("code", {}, data.words[candidate]),
			parent === null ? "included head" : make("code", {}, data.words[all[parent][0]]),
			String(depth), String(relayParent), data.words[state], best ? "yes" : "no",
		]);
		place.replaceChildren(rows.length ? table(heads, rows) : make("p", { class: "small" }, "No candidates."));
	}

	/** Where the tree is in the time lines. */
	function cursor(block) {
		for (const lane of document.querySelectorAll(".lane")) {
			const here = block && Number(lane.dataset.run) === run();
			const at = here ? Number(lane.dataset.left) + (block[2] * lane.dataset.slot) / data.runs[run()].slot : -9;
			lane.querySelector(".cursor").setAttribute("x", String(at - 1));
		}
	}

	function draw() {
		const block = data.runs[run()].relay[Number(slider.value)];
		const tree = frame();
		$("tree-number").textContent = block ? block[0] : "–";
		const fork = block && !block[5] ? ", on a fork that lost" : "";
		const where = block ? "relay block " + block[0] + " (" + block[1] + fork + ")" : "no relay block";
		slider.setAttribute("aria-valuetext", where);
		$("tree-title").textContent = "Para " + paras.value + " at " + where + (tree ? ": " + tree[1] : "");
		if (tree) {
			// Written by the program that wrote this page; every text in it is escaped.
			drawing.innerHTML = tree[2].map((piece) => data.words[piece]).join("");
			const svg = drawing.querySelector("svg");
			svg.setAttribute("role", "img");
			svg.setAttribute("aria-label", $("tree-title").textContent);
		} else {
			drawing.replaceChildren(make("p", { class: "empty" }, "No tree: the para is not scheduled here, or nobody built on this block."));
		}
		places(tree);
		cursor(block);
	}

	function rerun() {
		slider.max = String(last(run()));
		draw();
	}

	function move(by) {
		slider.value = String(Number(slider.value) + by);
		draw();
	}

	function stop() {
		clearInterval(timer);
		timer = null;
		play.setAttribute("aria-pressed", "false");
		play.textContent = "Play";
	}

	runs.addEventListener("change", rerun);
	paras.addEventListener("change", draw);
	slider.addEventListener("input", () => { stop(); draw(); });
	$("tree-back").addEventListener("click", () => { stop(); move(-1); });
	$("tree-on").addEventListener("click", () => { stop(); move(1); });
	$("tree-places").addEventListener("toggle", () => places(frame()));
	play.addEventListener("click", () => {
		if (timer) return stop();
		if (slider.value === slider.max) slider.value = "0";
		play.setAttribute("aria-pressed", "true");
		play.textContent = "Stop";
		timer = setInterval(() => {
			if (slider.value === slider.max) return stop();
			move(1);
		}, 600);
		move(0);
	});
	document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());
	document.querySelector(".controls").hidden = false;

	rerun();
	// Where there is most to see.
	const all = data.trees[run()][paras.value] || [];
	const most = all.reduce((best, tree) => (best === null || tree[3].length > best[3].length ? tree : best), null);
	slider.value = String(most ? most[0] : 0);
	draw();

	return (of, para, relayNumber) => {
		const at = data.runs[of].relay.findIndex((block) => block[0] === relayNumber && block[5]);
		if (at < 0 || ![...paras.options].some((option) => option.value === String(para))) return false;
		stop();
		runs.value = String(of);
		paras.value = String(para);
		slider.max = String(last(of));
		slider.value = String(at);
		draw();
		return true;
	};
})();
