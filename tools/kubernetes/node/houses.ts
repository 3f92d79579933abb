/** The presets that a small node holds. */
import { makeCertificate } from './certificate.ts';
import { House, HOSTNAME, TLS_SECRET } from './house.ts';
import type { HouseOptions } from './house.ts';
import { addDisk } from './node-disk.ts';
import { OUTSIDE } from './node-network.ts';
import type { Outside } from './outside.ts';
import { RELEASE } from './release.ts';

const PASSWORD = 'of-the-first-operator';

type Where = Pick<HouseOptions, 'helm' | 'node' | 'outside'>;

/** Each service alone, with PostgreSQL outside; two delivery workers, so that there is somebody to share with. */
export async function smallHouse(where: Where): Promise<House> {
  const certificate = await makeCertificate(HOSTNAME);
  return House.install({
    ...where,
    preset: 'small',
    values: {
      ...valuesFor(where.outside),
      tls: { existingSecret: TLS_SECRET },
      services: { delivery: { replicas: 2 } },
    },
    secrets: {
      'mail-database': { url: where.outside.databaseUrl },
      'mail-operator': { password: PASSWORD },
      [TLS_SECRET]: { ...certificate },
    },
    commandPod: `deployment/${RELEASE}-staffetta-dashboard`,
  });
}

/** One pod with everything, on a disk of the node. */
export async function trialHouse(where: Where): Promise<House> {
  await addDisk(where.node);
  return House.install({
    ...where,
    preset: 'trial',
    values: valuesFor(where.outside),
    secrets: {},
    commandPod: `statefulset/${RELEASE}-staffetta-all-in-one`,
  });
}

function valuesFor({ sink }: Outside): object {
  return {
    hostname: HOSTNAME,
    config: {
      // Who may relay is told by the client's address: without it nothing of the load is taken.
      smtp: { relayNetworks: [`${OUTSIDE.v4}/32`, `${OUTSIDE.v6}/128`] },
      delivery: { remotePort: sink.port },
      storage: { minFreePercent: 1 },
    },
  };
}
