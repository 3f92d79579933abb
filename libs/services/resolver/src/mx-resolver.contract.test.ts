import { systemClock } from '@staffetta/core';
import { mxResolverContract, zoneDns } from '@staffetta/testing';
import { DnsMxResolver } from './mx-resolver.ts';

mxResolverContract('in process', async (zone) => ({
  resolver: new DnsMxResolver({ dns: zoneDns(zone), clock: systemClock }),
  stop: async () => undefined,
}));
