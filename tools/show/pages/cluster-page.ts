/** The cluster page: calm with one process; with several, one of which is killed, it says so and who took over. */
import { NARROW, VIEW, boundAxe, keepPicture } from '../../harness/browser.ts';
import type { Watched } from '../../harness/browser.ts';
import type { Point } from '../../harness/point.ts';
import type { Scene } from '../../harness/relay-scene.ts';
import { Staffetta } from '../../harness/staffetta.ts';
import { waitFor } from '../../harness/wait.ts';

const PAGE_TIMEOUT_MS = 20_000;
/** A lease of 10 s has to end, and the next owner to come by. */
const HANDOVER_TIMEOUT_MS = 30_000;
const WORKERS = 2;

/** Judges the page with the one process of the scene, then with further delivery workers on its PostgreSQL. */
export async function judgeClusterPage(
  point: Point,
  scene: Scene,
  watched: readonly Watched[],
): Promise<void> {
  for (const one of watched) await judgeOne(point, one);
  const workers = await startWorkers(point, scene);
  for (const { scheme, page } of watched) {
    const names = workers.map(({ pid }) => `pid ${pid}`);
    const shown = await says(page, ...names);
    point.bound(`${scheme}: the cluster page names each process`, shown, names);
  }
  const [killed] = workers;
  if (!killed) throw new Error('no worker was started');
  await killed.killNode();
  for (const one of watched) await judgeKilled(point, one, killed.pid);
}

async function judgeOne(point: Point, { scheme, page }: Watched): Promise<void> {
  await page.setViewportSize(VIEW);
  await page.getByRole('link', { name: 'Cluster' }).click();
  await page
    .getByRole('button', { name: /^Lane 0 owner A/ })
    .first()
    .waitFor();
  const isCalm = await says(page, 'All is well', 'First owner');
  point.bound(`${scheme}: the cluster page is calm with one process`, isCalm);
  await page
    .getByRole('button', { name: /^Lane 0 / })
    .first()
    .focus();
  await page.keyboard.press('ArrowRight');
  const isTold = await says(page, 'accepted 1', 'epoch 1', 'lease ends in');
  point.bound(`${scheme}: keys lead to each lane's owner, epoch and lease`, isTold);
  await boundAxe(point, page, `${scheme}: the cluster page`);
  await page.setViewportSize(NARROW);
  await boundAxe(point, page, `${scheme}: the cluster page, ${NARROW.width} pixels wide`);
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  point.bound(`${scheme}: the cluster page fits a narrow screen`, width <= NARROW.width, width);
  await page.setViewportSize(VIEW);
}

async function judgeKilled(point: Point, { scheme, page }: Watched, pid: number): Promise<void> {
  const silence = await says(page, `(pid ${pid}) gives no sign of life`, 'What to do:');
  point.bound(`${scheme}: a killed process is told at the top, with what to do`, silence);
  const history = await says(page, 'Unclean', 'All owned');
  point.bound(`${scheme}: its lanes go to others, as the history tells`, history);
  await boundAxe(point, page, `${scheme}: the cluster page with a killed process`);
  await keepPicture(page, `cluster-${scheme}`);
}

interface Configuration {
  readonly database: { readonly url: string };
  readonly log: {
    readonly kind: string;
    readonly kafka: { readonly brokers: readonly string[]; readonly replicationFactor: number };
  };
}

/** Further delivery workers, as a cluster on the PostgreSQL of the scene would have them. */
async function startWorkers(point: Point, scene: Scene): Promise<readonly Staffetta[]> {
  const shown = await scene.staffetta.must(['config', 'show', '--json']);
  const { database, log } = JSON.parse(shown) as Configuration;
  const { brokers, replicationFactor } = log.kafka;
  const workers: Staffetta[] = [];
  for (let number = 0; number < WORKERS; number += 1) {
    const started = await Staffetta.start({
      services: ['delivery'],
      env: {
        DATABASE_URL: database.url,
        LOG_KIND: log.kind,
        ...(brokers.length > 0 && { LOG_KAFKA_BROKERS: brokers.join() }),
        LOG_KAFKA_REPLICATION_FACTOR: String(replicationFactor),
        DELIVERY_REMOTE_PORT: String(scene.sink.port),
        DNS_SERVERS: scene.dns.address,
      },
    });
    workers.push(point.atEnd(started));
  }
  return workers;
}

/** Whether all of that comes to stand on the page. */
async function says(page: Watched['page'], ...texts: readonly string[]): Promise<boolean> {
  try {
    await waitFor(texts.join(', '), HANDOVER_TIMEOUT_MS, async () => {
      const shown = await page.locator('main').innerText({ timeout: PAGE_TIMEOUT_MS });
      return texts.every((text) => shown.includes(text));
    });
    return true;
  } catch {
    // The bound tells that it is missed.
    return false;
  }
}
