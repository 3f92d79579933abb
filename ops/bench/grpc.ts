/**
 * What a question to a resolver in another process costs: `node --conditions=@staffetta/source ops/bench/grpc.ts
 * [QUESTIONS [AT_ONCE]]`. Unary calls, the stream, and the stream's client with its cache, in alternating rounds;
 * questions a second, and CPU of both ends for each. The resolver answers from its cache.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { ResolverClient } from '@staffetta/contracts';
import { systemClock } from '@staffetta/core';
import { GrpcChannel, GrpcServer } from '@staffetta/grpc';
import { GrpcMxResolver, RESOLVER_METHODS, ResolverOffer } from '@staffetta/resolver-grpc';
import { DnsMxResolver } from '@staffetta/service-resolver';
import { DnsZone, zoneDns } from '@staffetta/testing';

const HOST = '127.0.0.1';
const ROUNDS = 3;
const US_PER_MS = 1_000;

/** What the server tells: its port, then its CPU time each time it is asked, in microseconds. */
type Told = { readonly port: number } | { readonly cpuUs: number };

const [role = '20000', atOnce = '64'] = process.argv.slice(2);
if (role === 'server') await serve();
else await measureAll(Number(role), Number(atOnce));

async function serve(): Promise<void> {
  const zone = new DnsZone('mx.test 3600 A 192.0.2.1\nmx.test 3600 AAAA 2001:db8::1');
  const names = Array.from({ length: Number(atOnce) }, (_, n) => `d${n}.test`);
  for (const name of names) zone.add(`${name} 3600 MX 10 mx.test`);
  const resolver = new DnsMxResolver({ dns: zoneDns(zone), clock: systemClock });
  for (const name of names) await resolver.resolve(name);
  const offers = [new ResolverOffer(resolver, systemClock)];
  const server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  const tell = (told: Told): unknown => process.send?.(told);
  tell({ port: await server.start() });
  process.on('message', () => tell({ cpuUs: cpuUs() }));
  process.on('disconnect', () => void server.stop());
}

async function measureAll(questions: number, width: number): Promise<void> {
  const child = fork(import.meta.filename, ['server', String(questions)]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const channel = new GrpcChannel({ targets: { host: HOST, port }, methods: RESOLVER_METHODS });
  const unary = channel.client(ResolverClient);
  const ways: Record<string, () => Promise<(domain: string) => Promise<unknown>>> = {
    unary: async () => (domain) =>
      new Promise((resolve, reject) => {
        unary.resolve({ domain }, (error, answer) => (error ? reject(error) : resolve(answer)));
      }),
    // Each round has a client of its own, whose cache knows nothing.
    stream: async () => {
      const resolver = new GrpcMxResolver({ channel, clock: systemClock });
      return (domain) => resolver.resolve(domain);
    },
    cached: async () => {
      const resolver = new GrpcMxResolver({ channel, clock: systemClock });
      return () => resolver.resolve('d0.test');
    },
  };
  const serverCpuUs = async (): Promise<number> => {
    child.send('cpu');
    return ((await once(child, 'message')) as [{ cpuUs: number }])[0].cpuUs;
  };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [way, open] of Object.entries(ways)) {
      const ask = await open();
      const before = { ms: performance.now(), us: cpuUs() + (await serverCpuUs()) };
      await askAll(ask, questions, width);
      const ms = performance.now() - before.ms;
      const cpuMs = (cpuUs() + (await serverCpuUs()) - before.us) / US_PER_MS;
      // The first round warms up.
      if (round === 0) continue;
      const perSecond = Math.round((questions / ms) * 1_000);
      console.log(
        `${way}: ${perSecond} questions/s, ${(cpuMs / questions).toFixed(3)} ms CPU each`,
      );
    }
  }
  channel.close();
  child.disconnect();
}

async function askAll(
  ask: (domain: string) => Promise<unknown>,
  questions: number,
  width: number,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < questions) await ask(`d${next++}.test`);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
