/** The files of `tls` are replaced under a running relay: new sessions have the new certificate, of all doors. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { mustRun } from '../harness/run-program.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { waitFor } from '../harness/wait.ts';

const NAME = 'relay.test';
const LOOK_TIMEOUT_MS = 20_000;
const DOORS = ['submissions', 'imaps', 'pop3s'] as const;

const folder = tempFolder('certificate');
const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
const started: { stop(): unknown }[] = [folder];

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('a renewed certificate is in use without a restart, one that cannot be used is not', async () => {
  await renew();
  const env = { TLS_CERT_FILE: cert, TLS_KEY_FILE: key };
  const staffetta = await Staffetta.start({ env });
  started.push(staffetta);
  const first = await fingerprints(staffetta);
  assert.equal(new Set(first).size, 1);

  await renew();
  await waitFor('all doors have the second certificate', LOOK_TIMEOUT_MS, async () => {
    const now = await fingerprints(staffetta);
    return new Set(now).size === 1 && now[0] !== first[0];
  });
  const second = await fingerprints(staffetta);

  writeFileSync(cert, 'no certificate');
  await waitFor('it says that the files cannot be used', LOOK_TIMEOUT_MS, () => {
    return staffetta.log().includes('tls.certFile: ');
  });
  assert.deepEqual(await fingerprints(staffetta), second);
});

/** One signed by itself, in place of the one before. */
async function renew(): Promise<void> {
  const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await mustRun(['openssl', 'req', '-x509', ...made, ...subject, '-keyout', key, '-out', cert]);
}

function fingerprints({ ports }: Staffetta): Promise<string[]> {
  return Promise.all(DOORS.map((door) => fingerprint(ports[door])));
}

async function fingerprint(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
