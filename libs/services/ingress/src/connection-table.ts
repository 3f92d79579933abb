import { peerGroup } from './peer-group.ts';

/** Counts open connections by peer, over all doors. */
export class ConnectionTable {
  readonly #perPeerMax: number;
  readonly #totalMax: number;
  readonly #byPeer = new Map<string, number>();
  #total = 0;

  constructor(perPeerMax: number, totalMax: number) {
    this.#perPeerMax = perPeerMax;
    this.#totalMax = totalMax;
  }

  /** Counts the connection, unless it is one too many of its peer or of all. */
  open(address: string): 'ok' | 'peer' | 'full' {
    if (this.#total >= this.#totalMax) return 'full';
    const peer = peerGroup(address);
    const count = this.#byPeer.get(peer) ?? 0;
    if (count >= this.#perPeerMax) return 'peer';
    this.#byPeer.set(peer, count + 1);
    this.#total += 1;
    return 'ok';
  }

  close(address: string): void {
    const peer = peerGroup(address);
    const count = this.#byPeer.get(peer) ?? 1;
    if (count > 1) this.#byPeer.set(peer, count - 1);
    else this.#byPeer.delete(peer);
    this.#total -= 1;
  }
}
