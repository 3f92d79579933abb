/** Which faults strike, in which order: drawn from a seed, so that a run can be repeated. */

export type FaultKind = 'kill' | 'stop';

export interface Fault {
  /** `kill` is kill -9 and a restart; `stop` is SIGSTOP for longer than a lease, then SIGCONT. */
  readonly kind: FaultKind;
  /** A member of the cluster as `delivery-2`, `postgres`, or a broker as `kafka-1`. */
  readonly victim: string;
}

export interface FaultTargets {
  readonly services: readonly string[];
  readonly members: readonly string[];
  readonly brokers: readonly string[];
}

const NOT_SHORT = ['resolver', 'events', 'api', 'dashboard'];

/** Six faults that no release may fail: both ways a delivery worker goes away, and one of each other kind. */
export function shortPlan(targets: FaultTargets, random: () => number): Fault[] {
  const [first = '', second = ''] = shuffled(membersOf(targets, 'delivery'), random);
  const others = targets.services.filter(
    (service) => service !== 'delivery' && !NOT_SHORT.includes(service),
  );
  const [other = '', another = ''] = shuffled(others, random);
  const [broker = one(membersOf(targets, 'events'), random)] = shuffled(targets.brokers, random);
  return shuffled(
    [
      { kind: 'kill', victim: first },
      { kind: 'stop', victim: second },
      { kind: 'kill', victim: one(membersOf(targets, other), random) },
      { kind: 'kill', victim: one(membersOf(targets, another), random) },
      { kind: 'kill', victim: broker },
      { kind: 'kill', victim: 'postgres' },
    ],
    random,
  );
}

/** Every process is killed, and again until there are at least `least` faults; every service is stopped once. */
export function longPlan(targets: FaultTargets, least: number, random: () => number): Fault[] {
  const all = [...targets.members, ...targets.brokers, 'postgres'];
  const stopped = targets.services.map((service) => one(membersOf(targets, service), random));
  const stops = [...stopped, ...shuffled(targets.brokers, random).slice(0, 1)];
  const plan: Fault[] = stops.map((victim) => ({ kind: 'stop', victim }));
  while (plan.length < least) plan.push(...all.map((victim): Fault => ({ kind: 'kill', victim })));
  return shuffled(plan, random);
}

/** A plan in words, as `stop delivery-1, kill kafka-2`. */
export function givenPlan(words: string): Fault[] {
  return words.split(',').map((fault) => {
    const [kind, victim = ''] = fault.trim().split(/\s+/);
    if (kind !== 'kill' && kind !== 'stop') throw new Error(`not kill or stop: ${fault}`);
    return { kind, victim };
  });
}

function membersOf(targets: FaultTargets, service: string): string[] {
  return targets.members.filter((name) => name.startsWith(`${service}-`));
}

function one(names: readonly string[], random: () => number): string {
  const name = names[Math.floor(random() * names.length)];
  if (name === undefined) throw new Error('nobody to strike');
  return name;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  const result: T[] = [];
  while (left.length > 0) result.push(...left.splice(Math.floor(random() * left.length), 1));
  return result;
}
