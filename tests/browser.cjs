// Use a page as a reader does, and print what was seen as JSON.
// Arguments: the browser, the page, a folder for downloads, pictures and the print.
const fs = require("fs");
const path = require("path");
const { chromium } = require("playwright-core");

const [executablePath, page, folder] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-background-networking"];
const url = `file://${path.resolve(page)}`;
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

async function open(browser, width, colorScheme, seen) {
  const viewport = { width, height: 900 };
  const context = await browser.newContext({ viewport, colorScheme });
  const tab = await context.newPage();
  tab.on("console", (message) => seen.console.push(message.text()));
  tab.on("pageerror", (error) => seen.console.push(String(error)));
  tab.on("dialog", (dialog) => seen.console.push(dialog.message()) && dialog.accept());
  tab.on("request", (request) => request.url() === url || seen.requests.push(request.url()));
  // The processor's time, since others may use the machine as well.
  const session = await context.newCDPSession(tab);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await tab.goto(url);
  const { metrics } = await session.send("Performance.getMetrics");
  const { value } = metrics.find(({ name }) => name === "TaskDuration");
  seen.opened_in = Math.max(seen.opened_in, value);
  return tab;
}

const shown = (tab) => tab.locator("li[aria-level]:visible").count();

async function read(tab, seen) {
  seen.all = await shown(tab);
  await tab.locator('[name="position"]').first().uncheck();
  await tab.waitForTimeout(300);
  seen.without_first_position = await shown(tab);
  await tab.locator('[name="position"]').first().check();
  await tab.locator('[name="search"]').fill("Reden");
  await tab.waitForTimeout(500);
  seen.found = await shown(tab);
  await tab.locator('[name="search"]').fill("");
  await tab.locator('[name="sure"]').selectOption("no");
  await tab.waitForTimeout(300);
  seen.abstained = await shown(tab);
  await tab.locator('[name="sure"]').selectOption("");
  await tab.locator('[name="sort"]').selectOption("sure");
  seen.surest = await tab.locator("li[aria-level]").first().getAttribute("id");
  await tab.locator('[name="sort"]').selectOption("thread");
  const reply = tab.locator("li[aria-level] a").first();
  seen.answers = await reply.getAttribute("href");
  await reply.click();
  await tab.waitForTimeout(100);
  const focused = () => tab.evaluate(() => `#${document.activeElement.id}`);
  seen.followed = await focused();
  await tab.keyboard.press("j");
  seen.next = await focused();
}

async function correct(tab, seen) {
  await tab.locator("#c0 button").click();
  await tab.locator("#fix button").nth(1).click();
  await tab.locator("#annotator").fill('Ina "I." Ö.');
  const waiting = tab.waitForEvent("download");
  await tab.locator("#save").click();
  seen.corrections = path.join(folder, "corrections.csv");
  await (await waiting).saveAs(seen.corrections);
}

async function audit(tab, seen) {
  await tab.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => window.axe.run());
  for (const { id, impact, nodes } of violations)
    seen.axe.push(`${impact}: ${id}, ${nodes.length} times, ${nodes[0].html.slice(0, 200)}`);
}

(async () => {
  const seen = { console: [], requests: [], axe: [], opened_in: 0, too_wide: [] };
  const browser = await chromium.launch({ executablePath, args });
  for (const width of [1280, 390])
    for (const scheme of ["light", "dark"]) {
      const tab = await open(browser, width, scheme, seen);
      await tab.screenshot({ path: path.join(folder, `${width}-${scheme}.png`) });
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) seen.too_wide.push([width, wide]);
      if (process.argv[5] !== "quick" && (width === 1280) === (scheme === "light"))
        await audit(tab, seen);
      if (width === 1280 && scheme === "light" && process.argv[5] !== "quick") {
        await read(tab, seen);
        await correct(tab, seen);
        await tab.pdf({ path: path.join(folder, "print.pdf") });
      }
      await tab.context().close();
    }
  await browser.close();
  console.log(JSON.stringify(seen));
})();
