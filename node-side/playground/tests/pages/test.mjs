// Opens the playground from disk in headless Chromium, plays, and compares what it says with what the crates say.
//
//   node test.mjs CHROMIUM SCREENSHOTS PAGE.html TRANSCRIPT.json
//
// TRANSCRIPT.json: a list of games, each with what the crates say of it (`playground transcript`).
import { check, test } from "./common.mjs";
import { readFileSync } from "node:fs";

const [executablePath, screenshots, file, transcript] = process.argv.slice(2);
if (!transcript) {
	console.error("usage: node test.mjs CHROMIUM SCREENSHOTS PAGE.html TRANSCRIPT.json");
	process.exit(2);
}
const lines = JSON.parse(readFileSync(transcript, "utf8"));
let compared = false;

/** Every verdict in the page is the crates' own. */
async function compare(page, name) {
	if (compared) return;
	compared = true;
	check(`${name}: a thousand moves`, lines.length >= 1000, String(lines.length));
	const other = await page.evaluate((lines) => lines.findIndex(([asked, said]) => window.playground.play(asked) !== said), lines);
	check(`${name}: the page says what the crates say`, other === -1, other === -1 ? "" : lines[other][0]);
	console.log(`${lines.length} moves compared with the crates`);
}

const texts = (page, selector) => page.locator(selector).allInnerTexts();

/** Slides, by keyboard. */
async function slides(page, name, screenshots) {
	const keys = await page.locator("#preset option").evaluateAll((all) => all.map((of) => of.value).filter(Boolean));
	check(`${name}: slides to choose`, keys.length >= 7, keys.join(" "));
	for (const key of keys) {
		await page.locator("#preset").selectOption(key);
		const seen = new Set([await page.locator("#told").innerText()]);
		await page.locator("#step-on").focus();
		while (await page.locator("#step-on").isEnabled()) {
			await page.keyboard.press("Enter");
			seen.add(await page.locator("#told").innerText());
		}
		const [, steps] = (await page.locator("#step-at").innerText()).match(/of (\d+)/) || [];
		check(`${name}: ${key} has a text for each step`, seen.size === Number(steps), `${seen.size} and ${steps}`);
		check(`${name}: ${key} has a question`, (await page.locator("#question").innerText()).endsWith("?"));
		await page.screenshot({ path: `${screenshots}/${name.replaceAll(" ", "-")}-${key}.png`, fullPage: true });
	}
}

/** A game of one's own, by keyboard. */
async function play(page, name) {
	await page.locator("#preset").selectOption("");
	await page.locator("#build .go").focus();
	await page.keyboard.press("Enter");
	check(`${name}: a parablock hangs from the root`, (await page.locator("#drawing rect.seconded").count()) === 1);
	check(`${name}: it is told`, /^A1 on the included head.*: at 13 it stands at depth 0$/.test(await page.locator("#last").innerText()), await page.locator("#last").innerText());
	await page.getByRole("button", { name: "Vote for A1", exact: true }).press("Enter");
	check(`${name}: a quorum makes it backable`, (await page.locator("#drawing rect.backable.best").count()) === 1);
	check(`${name}: focus stays where it was`, await page.evaluate(() => document.activeElement.getAttribute("aria-label") === "Vote for A1"));
	await page.locator("#chain-form .go").press("Enter");
	check(`${name}: a relay block backs it`, (await page.locator("#drawing rect.pending").count()) === 1);
	// A fork of the parachain, and one of the relay chain.
	for (let twin = 0; twin < 2; twin += 1) {
		await page.locator("#on").selectOption({ label: "A1" });
		await page.locator("#build .go").press("Enter");
	}
	check(`${name}: forks are kept`, (await page.locator("#drawing rect.seconded").count()) === 2);
	await page.locator("#block-on").selectOption("3");
	await page.locator("#chain-form .go").press("Enter");
	check(`${name}: there are two leaves`, (await page.locator("#leaf option").count()) === 2);
	await page.locator("#leaf").selectOption({ label: "14" });
	// Out of chunks: it times out.
	await page.getByRole("button", { name: "Lack chunks of A1" }).press("Enter");
	for (let block = 0; block < 3; block += 1) await page.locator("#chain-form .go").press("Enter");
	check(`${name}: it times out`, (await texts(page, "#candidate-table tbody tr")).some((row) => /A1.*timed out in 17/s.test(row)), (await texts(page, "#candidate-table tbody tr")).join("; "));
	// Something wrong.
	await page.locator("#build summary").press("Enter");
	await page.locator("#other-code").check();
	await page.locator("#on").selectOption("");
	await page.locator("#build .go").press("Enter");
	check(`${name}: a refusal names its rule`, /R-FRG-2\b/.test(await page.locator("#last").innerText()), await page.locator("#last").innerText());
	// A message that is lost, and what builds on what nobody heard of.
	await page.locator("#lost").check();
	await page.locator("#on").selectOption("");
	await page.locator("#build .go").press("Enter");
	await page.locator("#build .go").press("Enter");
	check(`${name}: a child of what was lost waits`, /R-TRE-14/.test(await page.locator("#last").innerText()), await page.locator("#last").innerText());
	await page.getByRole("button", { name: /^Deliver/ }).first().press("Enter");
	check(`${name}: and joins`, /joins behind it/.test(await page.locator("#last").innerText()), await page.locator("#last").innerText());
	// Parameters.
	await page.locator("#depth").fill("0");
	await page.locator("#params .go").press("Enter");
	check(`${name}: with D = 0 a child has no place`, /R-DEP-1/.test(await page.locator("#last").innerText()), await page.locator("#last").innerText());
	const moves = await page.locator("#said > li").count();
	await page.locator("#undo").press("Enter");
	check(`${name}: a move is taken back`, (await page.locator("#said > li").count()) === moves - 1);
	const box = page.locator("#drawing rect[data-at]").first();
	await box.click();
	check(`${name}: a click looks behind a candidate`, (await page.locator("#at").inputValue()) !== "");
	check(`${name}: fifteen constraints`, (await page.locator("#left-table tbody tr").count()) === 15);
	check(`${name}: three hooks`, (await page.locator("#hook-table tbody tr").count()) === 3);
	check(`${name}: nothing is broken`, await page.locator("#broken").isHidden());
}

await test(executablePath, screenshots, [file], {
	ready: (page) => page.waitForSelector(":root[data-ready]", { timeout: 20000, state: "attached" }),
	async page(page, name) {
		await compare(page, name);
		await slides(page, name, screenshots);
		await play(page, name);
	},
});
