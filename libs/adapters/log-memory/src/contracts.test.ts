import { lanesContract, logContract } from '@staffetta/testing';
import { MemoryLanes } from './memory-lanes.ts';
import { MemoryLog } from './memory-log.ts';

const LANES = 10;
const LEASE_MS = 300;

logContract('in memory', async () => {
  const log = new MemoryLog({ accepted: 3, outbound: 4, local: 1 });
  return {
    log,
    other: log,
    lanes: log.lanes,
    outboundLanes: 4,
    removeTrimmed: async () => undefined,
    hold: () => {
      log.unavailable = true;
      return () => {
        log.unavailable = false;
      };
    },
    stop: async () => undefined,
  };
});

lanesContract('in memory', async () => {
  const lanes = new MemoryLanes({ accepted: 1, outbound: LANES, local: 1 }, Date.now, LEASE_MS);
  return {
    lanes,
    count: LANES,
    // Who tends is alive.
    alive: async () => undefined,
    dead: async (owner) => lanes.forget(owner),
    save: async (lease, normal, bulk) => {
      if (!lanes.holds(lease)) return false;
      lanes.save(lease, normal, bulk);
      return true;
    },
    stop: async () => undefined,
  };
});
