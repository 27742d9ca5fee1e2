// What tests of pages share: checks that count, a browser, axe, widths and colour schemes.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const WIDTHS = [360, 768, 1440];
const SCHEMES = ["light", "dark"];
let failures = 0;
let checks = 0;

export function check(name, holds, detail = "") {
	checks += 1;
	if (holds) return;
	failures += 1;
	console.error(`FAILED ${name}${detail ? `: ${detail}` : ""}`);
}

/** Whether something is to be seen, soon: a page scrolls first to what gets the focus. */
export async function appears(locator) {
	return locator.waitFor({ state: "visible", timeout: 2000 }).then(() => true, () => false);
}

/** What axe finds that is serious or worse. */
export async function accessibility(page, name) {
	// The page's own policy lets nothing in; this is put in from outside of it.
	const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
	await page.evaluate(axe);
	const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
	const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
	const told = serious.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`);
	check(`${name}: axe`, serious.length === 0, told.join("\n  "));
	return found.violations.length - serious.length;
}

export async function sideways(page, name) {
	const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
	check(`${name}: nothing scrolls sideways`, width[0] <= width[1], `${width[0]} pixels in ${width[1]}`);
}

export async function colours(page, name) {
	const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const system = await paper();
	const seen = new Set();
	for (let press = 0; press < 3; press += 1) {
		await page.locator("#theme").click();
		seen.add(await paper());
	}
	check(`${name}: the button changes colours`, seen.size === 2, [...seen].join(" "));
	check(`${name}: and comes back to the system's`, (await paper()) === system);
	return system;
}

/**
 * Opens each page at each width and in both schemes: no console message, no request, one heading, landmarks, nothing sideways,
 * axe, the skip link, colours; `use` does what is the page's own. Ends the process.
 */
export async function test(executablePath, screenshots, pages, use) {
	mkdirSync(screenshots, { recursive: true });
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
	for (const file of pages) {
		const url = pathToFileURL(resolve(file)).href;
		const papers = new Set();
		for (const colorScheme of SCHEMES) {
			for (const width of WIDTHS) {
				const name = `${basename(file, ".html")} ${width} ${colorScheme}`;
				const height = width < 600 ? 780 : 900;
				const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
				const page = await context.newPage();
				page.on("console", (message) => check(`${name}: console`, !["error", "warning"].includes(message.type()), message.text()));
				page.on("pageerror", (error) => check(`${name}: page error`, false, error.message));
				page.on("request", (request) => check(`${name}: requests`, request.url() === url || request.url().startsWith("data:"), request.url()));
				await page.goto(url);
				await use.ready?.(page);
				check(`${name}: a title and one main heading`, (await page.title()) && (await page.locator("h1").count()) === 1);
				for (const landmark of ["header", "nav", "main", "footer"]) {
					check(`${name}: ${landmark}`, (await page.locator(landmark).count()) === 1);
				}
				await page.screenshot({ path: `${screenshots}/${name.replaceAll(" ", "-")}.png`, fullPage: true });
				await sideways(page, name);
				const minor = await accessibility(page, name);
				await page.keyboard.press("Tab");
				check(`${name}: Tab comes to the link past everything`, await page.evaluate(() => document.activeElement.className === "skip"));
				await use.page(page, name, screenshots);
				papers.add(await colours(page, name));
				for (const details of await page.locator("details").all()) await details.evaluate((of) => (of.open = true));
				await sideways(page, `${name}, all open`);
				await accessibility(page, `${name}, all open`);
				console.log(`${name}: done${minor ? `, ${minor} minor findings of axe` : ""}`);
				await context.close();
			}
		}
		check(`${file}: light and dark differ`, papers.size === 2);
		check(`${file}: below 2 MB`, statSync(file).size < 2_000_000, `${statSync(file).size} bytes`);
		console.log(`${basename(file)}: ${(statSync(file).size / 1000).toFixed(0)} kB`);
	}
	await browser.close();
	console.log(`${checks} checks, ${failures} failed; screenshots are in ${screenshots}`);
	process.exit(failures ? 1 : 0);
}
