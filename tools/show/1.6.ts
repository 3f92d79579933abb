/** The dashboard in a real browser: log in, the chart moves while mail flows, no console error, axe finds nothing. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { site } from '../harness/dns-server.ts';
import { TrackedLoad } from '../harness/load.ts';
import { Point } from '../harness/point.ts';
import { RELAY_DOMAIN, SENDER, boundLedger, startScene } from '../harness/relay-scene.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { repository } from '../steps.ts';

const PASSWORD = 'a password for one run';
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const SCHEMES = ['light', 'dark'] as const;
const VIEW = { width: 1280, height: 900 };
const PAGE_TIMEOUT_MS = 20_000;
const CHART_TIMEOUT_MS = 20_000;
/** Long enough for the chart to have a shape. */
const WATCH_MS = { short: 8_000, long: 60_000 };
const PER_SECOND = 100;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

await new Point('1.6').run(async (point) => {
  const folder = point.atEnd(tempFolder('password'));
  const passwordFile = join(folder.path, 'password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  const scene = await startScene(point, {
    env: { DASHBOARD_ADMIN_PASSWORD_FILE: passwordFile },
    // One domain whose server is not there: the page has a deferred site to show.
    zone: site('away.test', '127.0.0.77'),
  });
  await scene.staffetta.must(['domain', 'add', 'away.test', '--relay']);
  const load = new TrackedLoad({
    target: { port: scene.staffetta.ports.mx },
    sessions: 4,
    sizeBytes: 2_000,
    from: SENDER,
    to: (number) => `r${number}@${number % 20 === 0 ? 'away.test' : RELAY_DOMAIN}`,
    perSecond: PER_SECOND,
  });
  const url = `http://127.0.0.1:${scene.staffetta.ports.dashboard}/`;
  const browser = await launch();
  try {
    for (const scheme of SCHEMES) await watch(point, browser, url, scheme);
  } finally {
    await browser.close();
    await load.stop();
  }
  await boundLedger(point, scene.staffetta);
});

async function watch(
  point: Point,
  browser: Browser,
  url: string,
  scheme: 'light' | 'dark',
): Promise<void> {
  const context = await browser.newContext({ viewport: VIEW, colorScheme: scheme });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  await page.locator('input[type=password]').waitFor();
  await boundAxe(point, page, `${scheme}: the log-in page`);
  // A session that is not there yet is answered by 401, which the browser writes to its console.
  errors.length = 0;
  await page.locator('input:not([type=password])').first().fill('admin');
  await page.locator('input[type=password]').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('canvas').first().waitFor();
  await page.waitForTimeout(point.long ? WATCH_MS.long : WATCH_MS.short);
  point.bound(`${scheme}: the chart moves while mail flows`, await chartMoves(page));
  const text = await page.locator('body').innerText();
  point.bound(`${scheme}: the page names the site that waits`, text.includes('away.test'));
  await boundAxe(point, page, `${scheme}: the page`);
  if (process.argv.includes('--record')) {
    await page.screenshot({ path: join(repository, `docs/dashboard-${scheme}.png`) });
  }
  point.bound(`${scheme}: no console error`, errors.length === 0, errors);
  await context.close();
}

/** What is painted is another picture after a while. */
async function chartMoves(page: Page): Promise<boolean> {
  const canvas = page.locator('canvas').first();
  const picture = (): Promise<string> =>
    canvas.evaluate((element) => (element as unknown as { toDataURL(): string }).toDataURL());
  const before = await picture();
  const end = performance.now() + CHART_TIMEOUT_MS;
  while (performance.now() < end) {
    if ((await picture()) !== before) return true;
    await page.waitForTimeout(500);
  }
  return false;
}

async function boundAxe(point: Point, page: Page, what: string): Promise<void> {
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const violations = await page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
  );
  point.bound(`${what}: axe finds nothing`, violations.length === 0, violations);
}

async function launch(): Promise<Browser> {
  const found = [...BROWSERS, process.env['STAFFETTA_TEST_CHROMIUM'] ?? ''].find((path) =>
    existsSync(path),
  );
  if (found === undefined) throw new Error('no Chromium: apt-get install chromium');
  return chromium.launch({ executablePath: found, args: ['--headless', '--no-sandbox'] });
}
