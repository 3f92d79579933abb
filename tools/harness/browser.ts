/** A real Chromium for what pages have to keep: no violation that axe finds, and pictures for the documentation. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { repository } from '../steps.ts';
import type { Point } from './point.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const SCHEMES = ['light', 'dark'] as const;
export type Scheme = (typeof SCHEMES)[number];

export const VIEW = { width: 1280, height: 1000 };
export const NARROW = { width: 400, height: 900 };

/** A page that is open, and what was wrong with it. */
export interface Watched {
  readonly scheme: Scheme;
  readonly page: Page;
  /** What the browser wrote to its console as an error. */
  readonly errors: string[];
}

export async function launchBrowser(): Promise<{
  readonly browser: Browser;
  stop(): Promise<void>;
}> {
  const found = [...BROWSERS, process.env['STAFFETTA_TEST_CHROMIUM'] ?? ''].find((path) =>
    existsSync(path),
  );
  if (found === undefined) throw new Error('no Chromium: apt-get install chromium');
  const browser = await chromium.launch({
    executablePath: found,
    args: ['--headless', '--no-sandbox'],
  });
  return { browser, stop: () => browser.close() };
}

export async function boundAxe(point: Point, page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
  );
  point.bound(`${what}: axe finds nothing`, violations.length === 0, violations);
}

/** Where the point is recorded: the whole page as `docs/images/NAME.png`. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (!process.argv.includes('--record')) return;
  const images = join(repository, 'docs/images');
  mkdirSync(images, { recursive: true });
  await page.screenshot({ path: join(images, `${name}.png`), fullPage: true });
}
