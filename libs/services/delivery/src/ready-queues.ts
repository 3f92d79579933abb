import type { Entry } from './entry.ts';
import type { DeliverySettings } from './options.ts';
import type { OwnedLane } from './owned-lane.ts';
import { SiteQueue } from './site-queue.ts';
import { SiteRate } from './site-rate.ts';

/** Whether an entry was taken; if not, why. */
export type Offer = 'queued' | 'full' | 'down';

/** The part of the budget that is kept for contents read only when they are sent. */
const ON_WIRE_PART = 1 / 4;

/** The ready queues of all sites, within one budget of memory. */
export class ReadyQueues {
  readonly #sites = new Map<string, SiteQueue>();
  readonly #settings: DeliverySettings;
  #memoryBytes = 0;
  #onWireBytes = 0;

  constructor(settings: DeliverySettings) {
    this.#settings = settings;
  }

  get sites(): ReadonlyMap<string, SiteQueue> {
    return this.#sites;
  }

  get memoryBytes(): number {
    return this.#memoryBytes + this.#onWireBytes;
  }

  queue(site: string): SiteQueue {
    let queue = this.#sites.get(site);
    if (!queue) {
      queue = new SiteQueue(site);
      this.#sites.set(site, queue);
    }
    return queue;
  }

  /** The queue of a site whose mail is in this lane; what earlier owners of the lane used of its limits is counted. */
  queueIn(lane: OwnedLane, site: string): SiteQueue {
    const queue = this.queue(site);
    if (queue.lane === lane) return queue;
    queue.lane = lane;
    const { messagesPerSecondPerSite } = this.#settings;
    if (!messagesPerSecondPerSite) return queue;
    queue.rate ??= new SiteRate(messagesPerSecondPerSite);
    // One that did not let go may have used all, until its lease ended.
    const { clean, usage } = lane.lease;
    const used = clean ? (usage.messages[site] ?? 0) : messagesPerSecondPerSite;
    queue.rate.endedElsewhere(used, lane.takenAtMs);
    return queue;
  }

  /**
   * Takes an entry into its site's queue, unless that is full or the site cannot be reached for now. One of each site
   * is always taken: sites whose servers hang hold memory, and must not stop the others.
   */
  offer(entry: Entry, nowMs: number): Offer {
    const queue = this.queueIn(entry.lane, entry.site);
    if (queue.downUntilMs > nowMs) return 'down';
    if (queue.lengthOf(entry.envelope.bulk) >= this.#settings.readyPerSiteMax) return 'full';
    const roomBytes = this.#settings.memoryBytes * (1 - ON_WIRE_PART);
    const full = this.#memoryBytes + entry.memoryBytes > roomBytes;
    if (full && queue.inMemory > 0) return 'full';
    this.enter(entry);
    queue.push(entry);
    return 'queued';
  }

  /** An entry is in memory until it is released. */
  enter(entry: Entry): void {
    this.#memoryBytes += entry.memoryBytes;
    entry.lane.inMemory += 1;
    this.queue(entry.site).inMemory += 1;
  }

  /** An entry has left memory. */
  release(entry: Entry): void {
    this.#memoryBytes -= entry.memoryBytes;
    entry.lane.inMemory -= 1;
    this.queue(entry.site).inMemory -= 1;
  }

  /** Takes memory for a content that is read to be sent, one of each site at least; false where there is none. */
  hold(queue: SiteQueue, bytes: number): boolean {
    const full = this.#onWireBytes + bytes > this.#settings.memoryBytes * ON_WIRE_PART;
    if (full && queue.heldBytes > 0) return false;
    queue.heldBytes += bytes;
    this.#onWireBytes += bytes;
    return true;
  }

  /** A content that was held is sent. */
  letGo(queue: SiteQueue, bytes: number): void {
    queue.heldBytes -= bytes;
    this.#onWireBytes -= bytes;
  }

  /** Half of the memory is used, or all for what is on the wire: only sites that have nothing in it get more rows. */
  get scarce(): boolean {
    const { memoryBytes } = this.#settings;
    return (
      this.memoryBytes > memoryBytes / 2 || this.#onWireBytes > memoryBytes * ON_WIRE_PART * 0.95
    );
  }

  /** Sites for which rows are not to be pulled now: down, or with a queue that is half full. */
  closedSites(nowMs: number): readonly string[] {
    const half = this.#settings.readyPerSiteMax / 2;
    const { scarce } = this;
    return [...this.#sites.values()]
      .filter(
        (queue) =>
          queue.downUntilMs > nowMs || queue.length >= half || (scarce && queue.inMemory > 0),
      )
      .map((queue) => queue.site);
  }

  /** Forgets sites with nothing to remember, so that their number stays bounded. */
  sweep(nowMs: number): void {
    for (const [site, queue] of this.#sites) {
      const idle = queue.inMemory === 0 && queue.length === 0 && queue.connections === 0;
      const counts = (queue.rate?.recent(nowMs) ?? 0) > 0;
      if (idle && !counts && queue.downUntilMs <= nowMs) {
        this.#sites.delete(site);
      }
    }
  }
}
