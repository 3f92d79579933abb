import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneLease, LanePosition, Lanes, TakenLane } from '@staffetta/core';

/** Lanes made for one check: all free, with a short lease. */
export interface MadeLanes {
  readonly lanes: Lanes;
  /** Lanes of `outbound`, at least six. */
  readonly count: number;
  /** The owner's process gives signs of life, or is known to be dead. */
  alive(owner: string): Promise<void>;
  dead(owner: string): Promise<void>;
  /** Writes positions under the lease; false where that matched nothing. */
  save(lease: LaneLease, normal: LanePosition, bulk: LanePosition): Promise<boolean>;
  stop(): Promise<void>;
}

const TOPIC = 'outbound';
const OWNERS = ['one', 'two', 'three'];
const ROUNDS = 12;

/** An owner that does with leases what the port asks for. */
class Owner {
  readonly name: string;
  readonly held = new Map<number, TakenLane>();
  readonly #made: MadeLanes;

  constructor(name: string, made: MadeLanes) {
    this.name = name;
    this.#made = made;
  }

  async tend(): Promise<{
    readonly taken: readonly TakenLane[];
    readonly lost: readonly LaneLease[];
  }> {
    await this.#made.alive(this.name);
    const { lanes } = this.#made;
    const { taken, lost, release } = await lanes.tend(TOPIC, this.name, [...this.held.values()]);
    for (const { lane } of lost) this.held.delete(lane);
    for (const lane of taken) this.held.set(lane.lane, lane);
    for (const { lane } of release) this.held.delete(lane);
    await lanes.release(release);
    return { taken, lost };
  }
}

function positionOf(position: number, ...octets: readonly number[]): LanePosition {
  return { position, settled: Buffer.from(octets) };
}

function waitFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What every adapter of the Lanes port promises. `make` is called for each check. */
export function lanesContract(label: string, make: () => Promise<MadeLanes>): void {
  const check = (title: string, body: (made: MadeLanes) => Promise<void>): void => {
    void test(`${label}: ${title}`, async () => {
      const made = await make();
      try {
        await body(made);
      } finally {
        await made.stop();
      }
    });
  };
  ownershipChecks(check);
  balanceChecks(check);
  leaseChecks(check);
  usageChecks(check);
}

type Check = (title: string, body: (made: MadeLanes) => Promise<void>) => void;

function ownershipChecks(check: Check): void {
  check('one owner takes all, and nothing twice', async (made) => {
    const owner = new Owner('one', made);
    assert.equal((await owner.tend()).taken.length, made.count);
    assert.deepEqual(await owner.tend(), { taken: [], lost: [] });
    assert.deepEqual(
      [...owner.held.keys()].sort((a, b) => a - b),
      [...Array(made.count).keys()],
    );
  });

  check('three at once never have the same lane, and end with fair shares', async (made) => {
    const owners = OWNERS.map((name) => new Owner(name, made));
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(
        owners.map(async (owner) => {
          const { taken } = await owner.tend();
          for (const { lane, epoch } of taken) {
            assert.ok(
              !seen.has(`${lane} ${epoch}`),
              `lane ${lane} was given twice in epoch ${epoch}`,
            );
            seen.add(`${lane} ${epoch}`);
            const others = owners.filter((one) => one !== owner && one.held.has(lane));
            assert.deepEqual(
              others.map(({ name }) => name),
              [],
              `lane ${lane} is another's`,
            );
          }
        }),
      );
    }
    const shares = owners.map(({ held }) => held.size);
    assert.equal(
      shares.reduce((sum, share) => sum + share),
      made.count,
    );
    assert.ok(Math.max(...shares) <= Math.ceil(made.count / 3), `shares ${shares.join(', ')}`);
  });

  check('who stays keeps what it has; the lanes of the dead go to the living', async (made) => {
    const [one, two] = [new Owner('one', made), new Owner('two', made)];
    await one.tend();
    await two.tend();
    await one.tend();
    await two.tend();
    const kept = [...one.held.values()];
    assert.equal(two.held.size, made.count - kept.length);
    await made.dead('two');
    await waitFor(made.lanes.leaseMs + 50);
    // Its own leases have ended too, but nobody took them.
    const { lost } = await one.tend();
    assert.deepEqual(lost, []);
    while (one.held.size < made.count) await one.tend();
    for (const { lane, epoch } of kept) assert.equal(one.held.get(lane)?.epoch, epoch);
  });
}

/** Lanes that came to each owner, in as many rounds as it takes until nothing moves. */
async function movesOf(owners: readonly Owner[]): Promise<number> {
  let moves = 0;
  for (let still = 0; still < 2;) {
    let moved = 0;
    for (const owner of owners) moved += (await owner.tend()).taken.length;
    moves += moved;
    still = moved === 0 ? still + 1 : 0;
  }
  return moves;
}

function balanceChecks(check: Check): void {
  check('owners come and go: shares are even, and as few lanes move as can be', async (made) => {
    const [one, two, three] = OWNERS.map((name) => new Owner(name, made));
    assert.equal(await movesOf([one!]), made.count);
    assert.equal(await movesOf([one!, two!]), Math.floor(made.count / 2));
    const perOwner = Math.floor(made.count / 3);
    assert.equal(await movesOf([one!, two!, three!]), perOwner);
    const sizes = [one!, two!, three!].map(({ held }) => held.size);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `shares ${sizes.join(', ')}`);
    const left = two!.held.size;
    await made.lanes.release([...two!.held.values()]);
    await made.dead('two');
    assert.equal(await movesOf([one!, three!]), left);
    assert.equal(await movesOf([one!, three!]), 0);
  });

  check('one that is about to end takes nothing, and keeps what it has', async (made) => {
    const one = new Owner('one', made);
    await one.tend();
    const [first, ...rest] = [...one.held.values()];
    await made.lanes.release([first!]);
    const { taken, lost, release } = await made.lanes.tend(TOPIC, 'one', rest, { takesNone: true });
    assert.deepEqual([taken, lost, release], [[], [], []]);
  });
}

function usageChecks(check: Check): void {
  check('what was used goes to the next owner, once', async (made) => {
    const usage = { messages: { 'a.example': 3 }, connections: { 'b.example': 2 } };
    const one = new Owner('one', made);
    const { taken } = await one.tend();
    const { lane } = taken[0]!;
    await made.lanes.release(taken, new Map([[lane, usage]]));
    await made.dead('one');
    const usageOf = (some: readonly TakenLane[]): unknown =>
      some.find((each) => each.lane === lane)?.usage;
    const next = (await new Owner('two', made).tend()).taken;
    assert.deepEqual(usageOf(next), usage);
    await made.lanes.release(next);
    await made.dead('two');
    const last = (await new Owner('three', made).tend()).taken;
    assert.deepEqual(usageOf(last), { messages: {}, connections: {} });
  });

  check(
    'an owner that did not let go has connections until it says no, or is dead',
    async (made) => {
      const [one, two, three] = OWNERS.map((name) => new Owner(name, made));
      const held = (await one!.tend()).taken;
      assert.deepEqual(await made.lanes.orphaned(held), []);
      await waitFor(made.lanes.leaseMs + 50);
      // One that stands still has its process, and so its connections.
      const taken: TakenLane[] = [];
      while (taken.length === 0) taken.push(...(await two!.tend()).taken);
      assert.deepEqual(await made.lanes.orphaned(taken), taken);
      const [first, ...rest] = taken;
      await made.lanes.closed(TOPIC, 'one', [first!.lane]);
      assert.deepEqual(await made.lanes.orphaned(taken), rest);
      // The next owner has to know it too, however the lane came to it.
      await made.lanes.release(taken);
      await made.dead('two');
      const next: TakenLane[] = [];
      while (next.length === 0) next.push(...(await three!.tend()).taken);
      const rests = new Set(rest.map(({ lane }) => lane));
      const orphaned = await made.lanes.orphaned(next);
      assert.deepEqual(
        orphaned.map(({ lane }) => lane),
        next.map(({ lane }) => lane).filter((lane) => rests.has(lane)),
      );
      await made.dead('one');
      assert.deepEqual(await made.lanes.orphaned(next), []);
    },
  );
}

function leaseChecks(check: Check): void {
  check('each owner has a later epoch, and only the last one can write', async (made) => {
    let before: TakenLane | undefined;
    for (const name of OWNERS) {
      const owner = new Owner(name, made);
      const { taken } = await owner.tend();
      const lane = taken.find((one) => one.lane === 0)!;
      if (before) {
        assert.ok(lane.epoch > before.epoch);
        assert.equal(await made.save(before, positionOf(99), positionOf(99)), false);
        await made.lanes.release([before]);
      }
      assert.equal(await made.save(lane, positionOf(5), positionOf(6)), true);
      before = lane;
      await made.lanes.release(taken);
      await made.dead(name);
      assert.equal(await made.save(lane, positionOf(98), positionOf(98)), false);
    }
  });

  check('state comes back as it was saved, and a clean end is known', async (made) => {
    const one = new Owner('one', made);
    const { taken } = await one.tend();
    const first = taken.find(({ lane }) => lane === 0)!;
    assert.deepEqual([first.clean, first.normal.position, first.bulk.position], [true, 1, 1]);
    assert.equal(first.normal.settled.length, 0);
    await made.save(first, positionOf(7, 0x00, 0xff, 0x81), positionOf(3));
    await made.lanes.release(taken);
    await made.dead('one');
    const again = (await new Owner('two', made).tend()).taken.find(({ lane }) => lane === 0)!;
    assert.equal(again.clean, true);
    assert.deepEqual(again.normal, positionOf(7, 0x00, 0xff, 0x81));
    assert.deepEqual(again.bulk, positionOf(3));
  });

  check(
    'a lease that is not renewed ends; the next owner knows that it was not let go',
    async (made) => {
      const [one, two] = [new Owner('one', made), new Owner('two', made)];
      await one.tend();
      await made.dead('one');
      assert.equal((await two.tend()).taken.length, 0);
      await waitFor(made.lanes.leaseMs + 50);
      const { taken } = await two.tend();
      assert.equal(taken.length, made.count);
      assert.ok(taken.every(({ clean }) => !clean));
      const old = [...one.held.values()];
      assert.equal((await one.tend()).lost.length, old.length);
      // Letting go of what is another's by now does nothing.
      await made.lanes.release(old);
      assert.deepEqual((await two.tend()).lost, []);
    },
  );

  check('its only owner takes again what it lost by not renewing', async (made) => {
    const owner = new Owner('one', made);
    await owner.tend();
    const first = owner.held.get(0)!;
    owner.held.clear();
    await waitFor(made.lanes.leaseMs + 50);
    const { taken } = await owner.tend();
    assert.equal(taken.length, made.count);
    assert.ok(owner.held.get(0)!.epoch > first.epoch);
    assert.equal(owner.held.get(0)!.clean, false);
  });

  check('a lease that is renewed does not end', async (made) => {
    const [one, two] = [new Owner('one', made), new Owner('two', made)];
    await one.tend();
    const held = one.held.size;
    const endMs = Date.now() + made.lanes.leaseMs * 1.5;
    while (Date.now() < endMs) {
      await waitFor(made.lanes.leaseMs / 10);
      const { lanes } = made;
      assert.deepEqual((await lanes.tend(TOPIC, 'one', [...one.held.values()])).lost, []);
    }
    const { taken } = await two.tend();
    assert.equal(taken.length, 0, `${held} lanes are held`);
  });
}
