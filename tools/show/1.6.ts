/** The dashboard in a real browser: log in, the chart moves while mail flows, the cluster page, no console error, axe finds nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { NARROW, SCHEMES, VIEW, boundAxe, keepPicture, launchBrowser } from '../harness/browser.ts';
import type { Scheme, Watched } from '../harness/browser.ts';
import { site } from '../harness/dns-server.ts';
import { Point } from '../harness/point.ts';
import { RELAY_DOMAIN, SENDER, boundLedger, startScene } from '../harness/relay-scene.ts';
import { SickServer } from '../harness/sick-server.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { waitFor } from '../harness/wait.ts';
import { WaveLoad } from '../harness/wave-load.ts';
import { judgeClusterPage } from './pages/cluster-page.ts';

const PASSWORD = 'a password for one run';
const ZONE = 'Europe/Rome';
const PAGE_TIMEOUT_MS = 20_000;
const CHART_TIMEOUT_MS = 20_000;
const FIGURE_TIMEOUT_MS = 60_000;
/** Long enough for the chart to have a shape; in the long form for all of its five minutes. */
const WATCH_MS = { short: 8_000, long: 310_000 };
/** Domains whose servers are not there, put off, and refuse for good: the page has something to show. */
const AWAY = { domain: 'away.test', address: '127.0.0.77' };
const BUSY = { domain: 'busy.test', address: '127.0.0.78' };
const GONE = { domain: 'gone.test', address: '127.0.0.79' };

await new Point('1.6').run(async (point) => {
  const folder = point.atEnd(tempFolder('password'));
  const passwordFile = join(folder.path, 'password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  const scene = await startScene(point, {
    env: {
      DASHBOARD_ADMIN_PASSWORD_FILE: passwordFile,
      // Deferrals as an operator sees them, not a storm of retries.
      DELIVERY_RETRY_MIN_MS: '60000',
      DELIVERY_RETRY_MAX_MS: '240000',
    },
    zone: [AWAY, BUSY, GONE].flatMap(({ domain, address }) => site(domain, address)),
  });
  point.atEnd(await SickServer.start('4xx', [BUSY.address], scene.sink.port));
  point.atEnd(await SickServer.start('5xx', [GONE.address], scene.sink.port));
  for (const { domain } of [AWAY, BUSY, GONE]) {
    await scene.staffetta.must(['domain', 'add', domain, '--relay']);
  }
  const load = point.atEnd(
    new WaveLoad({
      target: { port: scene.staffetta.ports.mx },
      sessions: 4,
      sizeBytes: 2_000,
      from: SENDER,
      to: (number) => `r${number}@${domainOf(number)}`,
    }),
  );
  const url = `http://127.0.0.1:${scene.staffetta.ports.dashboard}/`;
  const browser = point.atEnd(await launchBrowser());
  const watched: Watched[] = [];
  for (const scheme of SCHEMES) watched.push(await open(point, browser.browser, url, scheme));
  await watched[0]?.page.waitForTimeout(point.long ? WATCH_MS.long : WATCH_MS.short);
  for (const one of watched) await judge(point, one);
  await load.stop();
  for (const one of watched) await boundCount(point, one, load.accepted);
  await judgeClusterPage(point, scene, watched);
  for (const { scheme, errors } of watched) {
    point.bound(`${scheme}: no console error`, errors.length === 0, errors);
  }
  await boundLedger(point, scene.staffetta);
});

/** Most mail goes where it is taken. */
function domainOf(number: number): string {
  if (number % 50 === 0) return AWAY.domain;
  if (number % 20 === 0) return BUSY.domain;
  return number % 25 === 0 ? GONE.domain : RELAY_DOMAIN;
}

async function open(point: Point, browser: Browser, url: string, scheme: Scheme): Promise<Watched> {
  const context = await browser.newContext({
    viewport: VIEW,
    colorScheme: scheme,
    timezoneId: ZONE,
  });
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
  await page.locator('input:not([type=password])').first().fill('admin');
  await page.locator('input[type=password]').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('canvas').first().waitFor();
  return { scheme, page, errors };
}

async function judge(point: Point, { scheme, page }: Watched): Promise<void> {
  point.bound(`${scheme}: the chart moves while mail flows`, await chartMoves(page));
  const text = await page.locator('body').innerText();
  const sites = [AWAY.domain, BUSY.domain];
  point.bound(
    `${scheme}: the page names the sites that wait`,
    sites.every((domain) => text.includes(domain)),
  );
  point.bound(`${scheme}: the page names the viewer's time zone`, text.includes(ZONE));
  await keepPicture(page, `dashboard-${scheme}`);
  await page.locator('summary').first().click();
  await page.locator('details table').first().waitFor();
  await boundAxe(point, page, `${scheme}: the page`);
  await page.setViewportSize(NARROW);
  await boundAxe(point, page, `${scheme}: the page, ${NARROW.width} pixels wide`);
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

/**
 * The figure of accepted recipients comes to be what got a `250` (each message has one recipient), and what we sent
 * ourselves: a DSN for each bounce, which is taken in like any other message.
 */
async function boundCount(point: Point, { scheme, page }: Watched, sent: number): Promise<void> {
  const what = `${scheme}: the page counts what was sent, and a DSN for each bounce`;
  let shown = { accepted: Number.NaN, bounced: Number.NaN };
  try {
    await waitFor(what, FIGURE_TIMEOUT_MS, async () => {
      shown = { accepted: await hourOf(page, 'accepted'), bounced: await hourOf(page, 'bounced') };
      return shown.accepted === sent + shown.bounced;
    });
  } catch {
    // The bound tells what was shown at last.
  }
  point.bound(what, shown.accepted === sent + shown.bounced, { sent, ...shown });
}

/** A count of the last hour, as the page shows it. */
async function hourOf(page: Page, outcome: string): Promise<number> {
  const exact = await page.locator(`[data-figure=${outcome}-hour]`).getAttribute('title');
  return Number(exact?.replaceAll(',', ''));
}
