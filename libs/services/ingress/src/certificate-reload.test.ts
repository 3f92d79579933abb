import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { loadOrCreateCertificate } from '@staffetta/certificates';
import { startDoors } from './doors.contract.ts';

test('a new certificate serves new sessions at once, old ones go on', async () => {
  const doors = await startDoors();
  const fingerprint = async (): Promise<string> => {
    const socket = connect({
      port: doors.port('submissions'),
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  const before = await fingerprint();
  const old = await doors.session('submissions', 'x');
  const dataDir = await mkdtemp(join(tmpdir(), 'reload-'));
  doors.ingress.setTls(await loadOrCreateCertificate({ dataDir }));
  await rm(dataDir, { recursive: true });
  assert.notEqual(await fingerprint(), before);
  await old.say('NOOP', '250');
  const fresh = await doors.session('submission', 'x');
  await fresh.startTls();
  await fresh.say('EHLO x', '250');
  await doors.stop();
});
