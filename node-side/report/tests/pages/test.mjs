// Opens pages of the report from disk in headless Chromium and uses them as a reader does.
//
//   node test.mjs CHROMIUM SCREENSHOTS PAGE.html...
//
// Each page: what common.mjs checks of any; of what it has, the slider, hovering, the keyboard, chapters and their curves work.
import { appears, check, test } from "./common.mjs";

const [executablePath, screenshots, ...pages] = process.argv.slice(2);
if (!pages.length) {
	console.error("usage: node test.mjs CHROMIUM SCREENSHOTS PAGE.html...");
	process.exit(2);
}

/** The time lines: pointing, and the keyboard. */
async function lanes(page, name) {
	if (!(await page.locator("#lanes").count())) return;
	const bars = page.locator(".lane .b");
	const count = await bars.count();
	check(`${name}: there are bars`, count > 0);
	if (!count) return;
	const card = page.locator("#card");
	await page.locator(".lane .b .held").first().hover();
	check(`${name}: hovering shows the details`, await appears(card));
	const first = await card.innerText();
	check(`${name}: details name the candidate`, /0x[0-9a-f]{64}/.test(first), first);
	check(`${name}: details name the class`, /Parablock .* of para \d+: ./.test(first), first);
	const box = await card.boundingBox();
	const { width, height } = page.viewportSize();
	check(`${name}: details are on the screen`, box && box.x >= 0 && box.x + box.width <= width + 1 && box.y + box.height <= height + 1,
		JSON.stringify(box));
	await page.keyboard.press("Escape");
	check(`${name}: Escape closes`, !(await card.isVisible()));

	// One stop for Tab in each lane, then arrows.
	const lane = page.locator(".lane", { has: page.locator(".b:nth-of-type(3)") }).last();
	await lane.locator('.b[tabindex="0"]').focus();
	const label = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
	const before = await label();
	check(`${name}: focus shows the details`, await appears(card));
	await page.keyboard.press("ArrowRight");
	const after = await label();
	check(`${name}: arrows walk along`, before && after && before !== after, `${before} and ${after}`);
	check(`${name}: one stop for Tab in a lane`, (await lane.locator('.b[tabindex="0"]').count()) === 1);
	await page.keyboard.press("End");
	check(`${name}: End is the last`, (await label()) === (await lane.locator(".b").last().getAttribute("aria-label")));
	await page.keyboard.press("Home");
	const names = await page.evaluate(() => [...document.querySelectorAll(".lane .b")].every((bar) =>
		/^parablock .+, (included|still in flight|fork lost|relay parent out of scope|parent lost|session end|no claim|block full|availability late|refused by rule)$/
			.test(bar.getAttribute("aria-label")) && [...bar.classList].filter((of) => of.startsWith("k-")).length === 1));
	check(`${name}: every bar has exactly one class, in its name too`, names);
	if (await page.locator("#trees").count()) {
		await page.keyboard.press("Enter");
		check(`${name}: Enter goes to the tree`, (await page.evaluate(() => document.activeElement.id)) === "tree-at");
	}

	const details = page.locator("details.blocks").first();
	await details.locator("summary").click();
	const rows = details.locator("tbody tr");
	await rows.first().waitFor();
	const para = await details.getAttribute("data-para");
	const drawn = await page.locator(`.lane[data-para="${para}"] .b`).count();
	check(`${name}: the table has every bar`, (await rows.count()) === drawn, `${await rows.count()} and ${drawn}`);
	await details.locator("summary").click();
}

/** The trees: the slider by keys and buttons. */
async function trees(page, name) {
	if (!(await page.locator("#trees").count())) return;
	const title = () => page.locator("#tree-title").innerText();
	const slider = page.locator("#tree-at");
	await slider.focus();
	await page.keyboard.press("Home");
	const seen = new Set([await title()]);
	for (let step = 0; step < 6; step += 1) {
		await page.keyboard.press("ArrowRight");
		seen.add(await title());
	}
	check(`${name}: the slider changes the tree`, seen.size === 7, [...seen].join("; "));
	const back = await title();
	await page.locator("#tree-on").click();
	check(`${name}: a button goes on`, (await title()) !== back);
	await page.locator("#tree-back").click();
	check(`${name}: and back`, (await title()) === back);
	const drawing = page.locator("#tree-drawing svg");
	check(`${name}: there is a drawing with a name`, (await drawing.getAttribute("aria-label"))?.startsWith("Para "));
	check(`${name}: with the included head`, (await drawing.textContent()).includes("included head"));
	check(`${name}: time lines show where`, (await page.locator('.cursor:not([x^="-"])').count()) > 0);
	await page.locator("#tree-places summary").click();
	await page.locator("#tree-places .wide > *").first().waitFor();
	const boxes = await drawing.locator("rect.pending, rect.backable, rect.seconded").count();
	const rows = await page.locator("#tree-places tbody tr").count();
	check(`${name}: the table has every place`, boxes === rows, `${boxes} and ${rows}`);
	await page.locator("#tree-places summary").click();
	for (const select of ["#tree-run", "#tree-para"]) {
		const options = await page.locator(`${select} option`).count();
		for (let option = options - 1; option >= 0; option -= 1) {
			await page.locator(select).selectOption({ index: option });
			check(`${name}: ${select} ${option} has a title`, (await title()).startsWith("Para "));
		}
	}
	await page.locator("#tree-play").click();
	const playing = await title();
	await page.waitForFunction((was) => document.getElementById("tree-title").innerText !== was, playing, { timeout: 5000 });
	await page.locator("#tree-play").click();
	check(`${name}: it plays and stops`, (await page.locator("#tree-play").innerText()) === "Play");
}

/** Chapters: tables over many runs, and curves. */
async function chapters(page, name) {
	for (const chapter of await page.locator(".chapter").all()) {
		const title = await chapter.locator("h2").innerText();
		for (const figure of await chapter.locator("figure").all()) {
			const said = await figure.locator("svg").getAttribute("aria-label");
			check(`${name}: a curve of ${title} says what it shows`, /: from .+ to .+/.test(said), said);
			check(`${name}: and has points`, (await figure.locator("circle").count()) > 1);
		}
		const folded = chapter.locator("details > summary");
		if (await folded.count()) {
			await folded.focus();
			await page.keyboard.press("Enter");
			check(`${name}: ${title} opens by keyboard`, await appears(chapter.locator("tbody tr").first()));
			await page.keyboard.press("Enter");
		}
		const heads = await chapter.locator("thead th").count();
		if (!heads) continue;
		const widths = await chapter.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.children.length));
		check(`${name}: rows of ${title} are as wide as its head`, widths.length > 0 && widths.every((width) => width === heads), `${widths}`);
	}
	check(`${name}: there are chapters or time lines`, (await page.locator(".chapter, #lanes").count()) > 0);
}

await test(executablePath, screenshots, pages, {
	async page(page, name) {
		await chapters(page, name);
		await lanes(page, name);
		await trees(page, name);
	},
});
