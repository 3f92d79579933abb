import type { Entry } from './entry.ts';
import type { DeliverySettings } from './options.ts';
import { SiteQueue } from './site-queue.ts';

/** Whether an entry was taken; if not, why. */
export type Offer = 'queued' | 'full' | 'down';

/** The ready queues of all sites, within one budget of memory. */
export class ReadyQueues {
  readonly #sites = new Map<string, SiteQueue>();
  readonly #settings: DeliverySettings;
  #memoryBytes = 0;

  constructor(settings: DeliverySettings) {
    this.#settings = settings;
  }

  get sites(): ReadonlyMap<string, SiteQueue> {
    return this.#sites;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  queue(site: string): SiteQueue {
    let queue = this.#sites.get(site);
    if (!queue) {
      queue = new SiteQueue(site);
      this.#sites.set(site, queue);
    }
    return queue;
  }

  /** Takes an entry into its site's queue, unless that is full or the site cannot be reached for now. */
  offer(entry: Entry, nowMs: number): Offer {
    const queue = this.queue(entry.site);
    if (queue.downUntilMs > nowMs) return 'down';
    if (queue.lengthOf(entry.envelope.bulk) >= this.#settings.readyPerSiteMax) return 'full';
    if (this.#memoryBytes + entry.memoryBytes > this.#settings.memoryBytes) return 'full';
    this.enter(entry);
    queue.push(entry);
    return 'queued';
  }

  /** An entry is in memory until it is released. */
  enter(entry: Entry): void {
    this.#memoryBytes += entry.memoryBytes;
    entry.lane.inMemory += 1;
  }

  /** An entry has left memory. */
  release(entry: Entry): void {
    this.#memoryBytes -= entry.memoryBytes;
    entry.lane.inMemory -= 1;
  }

  /** Sites for which rows are not to be pulled now: down, or with a queue that is half full. */
  closedSites(nowMs: number): readonly string[] {
    const half = this.#settings.readyPerSiteMax / 2;
    return [...this.#sites.values()]
      .filter((queue) => queue.downUntilMs > nowMs || queue.length >= half)
      .map((queue) => queue.site);
  }

  /** Forgets sites with nothing to remember, so that their number stays bounded. */
  sweep(nowMs: number): void {
    for (const [site, queue] of this.#sites) {
      if (queue.length === 0 && queue.connections === 0 && queue.downUntilMs <= nowMs) {
        this.#sites.delete(site);
      }
    }
  }
}
