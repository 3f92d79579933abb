import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ServiceUnavailable, systemClock } from '@staffetta/core';
import type { OpenConnection, ReadyQueue, RouteAnswer, WorkerAnswer } from '@staffetta/core';
import {
  Database,
  PostgresClusterView,
  PostgresDirectory,
  PostgresLanes,
  PostgresLedger,
  PostgresTrace,
  migrate,
} from '@staffetta/postgres';
import { EventsDesk, FigureFeed } from '@staffetta/service-events';
import { DirectoryAccounts } from '@staffetta/service-mailbox';
import { startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { createDashboard } from './create-dashboard.ts';
import type { Dashboard } from './create-dashboard.ts';
import { prepareFirstOperator } from './prepare-first-operator.ts';

const WRITE = { 'x-staffetta-request': '1', 'content-type': 'application/json' };

describe('the admin API', () => {
  let server: TestDatabase;
  let database: Database;
  let dashboard: Dashboard;
  let folder: string;
  let base: string;
  let token: string;
  let firstPassword: string;
  let stops = 0;
  const errors: unknown[] = [];
  let figures: FigureFeed;
  let directory: PostgresDirectory;
  /** What the delivery workers answer, and the router; an error is thrown. */
  let queues: readonly WorkerAnswer<ReadyQueue>[] = [];
  let connections: readonly WorkerAnswer<OpenConnection>[] = [];
  let route: RouteAnswer['ends'] | Error = [];

  before(async () => {
    server = await startTestDatabase();
    database = new Database({ url: server.url, connectionsMax: 5, applicationName: 'test' });
    await migrate(database);
    folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
    const first = await prepareFirstOperator({
      database,
      dataDir: folder,
      passwordFile: undefined,
      showPassword: true,
    });
    assert.equal(first.kind, 'shown');
    firstPassword = first.kind === 'shown' ? first.password : '';
    const [trace, ledger] = [new PostgresTrace(database), new PostgresLedger(database)];
    const cluster = new PostgresClusterView(database);
    figures = new FigureFeed({
      totals: (sinceMs) => cluster.totals(sinceMs),
      check: () => ledger.check(),
      clock: systemClock,
    });
    directory = new PostgresDirectory(database);
    await directory.start();
    dashboard = createDashboard({
      listen: ['127.0.0.1', '::1'],
      port: 0,
      tokenFile: join(folder, 'admin-token'),
      remotePort: 25,
      version: '0.0.0',
      database,
      events: new EventsDesk(trace, ledger, figures),
      workers: { queues: async () => queues, connections: async () => connections },
      routes: {
        route: async ([address = '']) => {
          if (route instanceof Error) throw route;
          return [{ address, aliases: [], ends: route }];
        },
      },
      accounts: new DirectoryAccounts(directory),
      requestStop: () => (stops += 1),
      onError: (error) => errors.push(error),
    });
    await dashboard.start();
    base = `http://127.0.0.1:${dashboard.addresses[0]?.port}/api/admin/v1`;
    token = (await readFile(join(folder, 'admin-token'), 'utf8')).trim();
  });
  after(async () => {
    await dashboard.stop();
    await figures.stop();
    await directory.stop();
    await database.close();
    await server.drop();
    await rm(folder, { recursive: true });
    assert.deepEqual(errors, []);
  });

  // What is in an answer is for the assertions to find out.
  // oxlint-disable-next-line typescript/no-explicit-any
  type Answer = { status: number; body: any; headers: Headers };

  async function ask(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = { authorization: `Bearer ${token}`, ...WRITE },
  ): Promise<Answer> {
    const response = await fetch(`${base}/${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      headers: response.headers,
    };
  }

  async function logIn(name: string, password: string): Promise<Record<string, string>> {
    const { status, headers } = await ask('POST', 'session', { name, password }, WRITE);
    assert.equal(status, 200);
    const cookie = headers.get('set-cookie') ?? '';
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /SameSite=Strict/);
    return { ...WRITE, cookie: cookie.split(';')[0] ?? '' };
  }

  test('the token is in a file of its owner alone, and a wrong one is refused', async () => {
    assert.equal((await stat(join(folder, 'admin-token'))).mode & 0o777, 0o600);
    assert.equal((await ask('GET', 'session')).body.role, 'admin');
    const wrong = { authorization: 'Bearer wrong' };
    assert.equal((await ask('GET', 'status', undefined, wrong)).status, 401);
    assert.equal((await ask('GET', 'status', undefined, {})).status, 401);
  });

  test('adding: 201, again 200, with other settings 409, without sense 400', async () => {
    const domain = { name: 'Local.Example', kind: 'local' };
    const first = await ask('POST', 'domains', domain);
    assert.deepEqual([first.status, first.body.id], [201, 'local.example']);
    assert.equal((await ask('POST', 'domains', domain)).status, 200);
    const other = await ask('POST', 'domains', { ...domain, kind: 'relay' });
    assert.equal(other.status, 409);
    assert.match(other.headers.get('content-type') ?? '', /^application\/problem\+json/);
    const wrong = await ask('POST', 'domains', { name: 'a b', kind: 'local' });
    assert.deepEqual([wrong.status, wrong.body.field], [400, 'name']);
    assert.equal((await ask('POST', 'domains', { ...domain, color: 'red' })).status, 400);
    const account = { address: 'ada@nowhere.example', password: 'x' };
    assert.equal((await ask('POST', 'accounts', account)).status, 404);
  });

  test('an API key is told once', async () => {
    const first = await ask('POST', 'apikeys', { name: 'shop' });
    assert.match(first.body.key, /^stf_[\w-]{43}$/);
    const again = await ask('POST', 'apikeys', { name: 'shop' });
    assert.deepEqual(
      [again.status, again.body.id, again.body.key],
      [200, first.body.id, undefined],
    );
    assert.equal(JSON.stringify((await ask('GET', 'audit')).body).includes(first.body.key), false);
  });

  test('lists come in pages', async () => {
    for (const name of ['a', 'b', 'c']) await ask('POST', 'tenants', { name });
    const names = async (query: string) =>
      (await ask('GET', `tenants?${query}`)).body.map(({ id }: { id: string }) => id);
    assert.deepEqual(await names('limit=2'), ['a', 'b']);
    assert.deepEqual(await names('limit=2&after=b'), ['c', 'default']);
    assert.equal((await ask('GET', 'tenants?limit=0')).status, 400);
  });

  test('a session needs the right password, our header on writes, and ends', async () => {
    const wrong = await ask('POST', 'session', { name: 'admin', password: 'wrong' }, WRITE);
    assert.equal(wrong.status, 401);
    const foreign = await ask(
      'POST',
      'session',
      { name: 'admin', password: firstPassword },
      { 'content-type': 'application/json' },
    );
    assert.equal(foreign.status, 403);
    const session = await logIn('admin', firstPassword);
    assert.deepEqual((await ask('GET', 'session', undefined, session)).body, {
      name: 'admin',
      role: 'admin',
    });
    const { 'x-staffetta-request': _, ...withoutHeader } = session;
    assert.equal((await ask('POST', 'tenants', { name: 'd' }, withoutHeader)).status, 403);
    assert.equal((await ask('POST', 'tenants', { name: 'd' }, session)).status, 201);
    const { 'content-type': __, ...bare } = session;
    assert.equal((await ask('DELETE', 'session', undefined, bare)).status, 204);
    assert.equal((await ask('GET', 'session', undefined, session)).status, 401);
  });

  test('a viewer looks and changes nothing, and is gone when removed', async () => {
    await ask('POST', 'operators', { name: 'vera', role: 'viewer', password: 'looking' });
    const session = await logIn('vera', 'looking');
    assert.equal((await ask('GET', 'queues', undefined, session)).status, 200);
    assert.equal((await ask('GET', 'audit', undefined, session)).status, 403);
    assert.equal((await ask('POST', 'tenants', { name: 'e' }, session)).status, 403);
    assert.equal((await ask('POST', 'stop', {}, session)).status, 403);
    const { authorization } = { authorization: `Bearer ${token}` };
    const removed = await ask('DELETE', 'entries/operator/vera', undefined, { authorization });
    assert.equal(removed.status, 200);
    assert.equal((await ask('GET', 'queues', undefined, session)).status, 401);
  });

  test('the cluster, what is wrong with it, and its hand-overs in pages, for viewers too', async () => {
    await database.query(
      `insert into instance (id, data_folder, services, host, pid, version, telemetry_port, ready,
                             heartbeat_at, grpc_host, grpc_port, report)
       values ('gone', '/gone', '{router}', 'mail-1', 7, '0', 9090, true,
               now() - interval '30 seconds', '::1', 50051, '{}')`,
    );
    await database.query(`insert into lane (topic, lane) values (1, 0)`);
    for (const id of ['gone', 'next']) {
      await new PostgresLanes(database, { leaseMs: 1 }).tend('accepted', id, []);
    }
    assert.equal((await ask('GET', 'cluster', undefined, {})).status, 401);
    assert.equal((await ask('GET', 'cluster/handovers', undefined, {})).status, 401);
    await ask('POST', 'operators', { name: 'vito', role: 'viewer', password: 'looking' });
    const session = await logIn('vito', 'looking');
    const { status, body } = await ask('GET', 'cluster', undefined, session);
    assert.equal(status, 200);
    const [gone] = body.instances;
    assert.deepEqual(
      [gone.id, gone.alive, gone.grpc, gone.report],
      ['gone', false, '[::1]:50051', undefined],
    );
    assert.deepEqual(
      body.lanes.map(({ topic, lane, epoch }: never) => [topic, lane, epoch]),
      [['accepted', 0, 2]],
    );
    assert.match(JSON.stringify(body.problems), /No router runs.*gives no sign of life/);
    const page = async (query: string) =>
      (await ask('GET', `cluster/handovers?${query}`, undefined, session)).body;
    const [last] = await page('limit=1');
    assert.deepEqual([last.from.pid, last.to.id, last.lanes, last.clean], [7, 'next', [0], false]);
    const [first, ...none] = await page(`before=${last.id}`);
    assert.deepEqual([first.from, first.to.id, none], [undefined, 'gone', []]);
    const wrong = await ask('GET', 'cluster/handovers?before=x', undefined, session);
    assert.equal(wrong.status, 400);
    await ask('DELETE', 'entries/operator/vito');
    await database.query('delete from lane');
    await database.query('delete from instance');
  });

  test('every change is in the audit log with who made it', async () => {
    await ask('POST', 'tenants', { name: 'audited' });
    const [latest] = (await ask('GET', 'audit?limit=1')).body;
    assert.deepEqual(
      [latest.who, latest.action, latest.object],
      ['command line', 'tenant.add', 'audited'],
    );
  });

  test('queues count scheduled recipients and what processes hold in memory', async () => {
    await database.query(
      `insert into instance (id, data_folder, services, host, pid, version, ready, directory_version, report)
       values ('one', '/one', '{delivery}', 'host', 1, '0', true, 1000000,
               '{"ready": {"mx.example": 3, "other.example": 1}}')`,
    );
    await database.query(
      `insert into scheduled (id, lane, bulk, priority, state, due_at, tenant_id, site, domain, message_id,
                              recipients, accepted_at, expires_at, envelope, body_slice, body_bytes, last_reply)
       values (1, 1, false, 1, 'due', '2030-01-01T00:00:00Z', 'default', 'mx.example', 'a.example',
               gen_random_uuid(), 5, '2029-01-01T00:00:00Z', now(), '', 1, 1,
               '{"code": 451, "enhanced": "4.7.1", "text": "later", "host": "mx", "command": "RCPT TO"}')`,
    );
    const { body } = await ask('GET', 'queues');
    assert.deepEqual(body, [
      {
        site: 'mx.example',
        scheduled: 5,
        ready: 3,
        oldestAcceptedAtMs: Date.UTC(2029, 0, 1),
        nextDueAtMs: Date.UTC(2030, 0, 1),
        lastReply: '451 4.7.1 later',
      },
      { site: 'other.example', scheduled: 0, ready: 1, lastReply: '' },
    ]);
    assert.equal((await ask('GET', 'queues/other.example')).body.ready, 1);
    assert.equal((await ask('GET', 'queues/none.example')).status, 404);
    const status = (await ask('GET', 'status')).body;
    assert.deepEqual([status.ready, status.instances[0].id], [true, 'one']);
    // What a worker says now counts; one that does not answer leaves the last report.
    const now = { site: 'mx.example', ready: 1, onWire: 2, connections: 2, lastReply: '' };
    queues = [{ kind: 'answer', worker: 'one', values: [{ ...now, restUntilMs: 99 }] }];
    const [first, second] = (await ask('GET', 'queues')).body;
    assert.deepEqual(
      [first.ready, first.onWire, first.connections, first.restUntilMs, second.ready],
      [1, 2, 2, 99, 0],
    );
    queues = [{ kind: 'away', worker: 'one', reason: 'gone' }];
    const reported = (await ask('GET', 'queues/mx.example')).body;
    assert.deepEqual([reported.ready, reported.connections], [3, undefined]);
    await database.query('delete from scheduled');
  });

  test('connections of all workers, and who does not answer', async () => {
    const open = { site: 's', host: 'mx', address: '192.0.2.1', port: 25, messagesSent: 1 };
    const [old, young] = [1, 2].map((openedAtMs) => ({ ...open, openedAtMs, messageId: 'm' }));
    connections = [
      { kind: 'answer', worker: 'one', values: [young!] },
      { kind: 'away', worker: 'two', reason: 'delivery does not answer: gone' },
      { kind: 'answer', worker: 'three', values: [old!] },
    ];
    assert.deepEqual((await ask('GET', 'connections?limit=10')).body, {
      connections: [
        { ...old, worker: 'three' },
        { ...young, worker: 'one' },
      ],
      away: [{ worker: 'two', reason: 'delivery does not answer: gone' }],
    });
    assert.equal((await ask('GET', 'connections?limit=1')).body.connections.length, 1);
    assert.equal((await ask('GET', 'connections?site=')).status, 400);
  });

  test('where an address goes; a service that does not answer is 503', async () => {
    route = [{ kind: 'local', address: 'x@relay.example', accountId: '7' }];
    await ask('POST', 'domains', { name: 'relay.example', kind: 'relay' });
    const { version } = (await ask('POST', 'tenants', { name: 'after' })).body;
    while (directory.version() < version) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual((await ask('GET', 'route?address=x@relay.example')).body, {
      address: 'x@relay.example',
      aliases: [],
      ends: route,
      recipient: { kind: 'relay', nextHop: '', tenantId: 'default' },
    });
    route = new ServiceUnavailable('router', 'no instance is known');
    const away = await ask('GET', 'route?address=x@relay.example');
    assert.equal(away.status, 503);
    assert.match(away.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(away.body.detail, 'router does not answer: no instance is known');
  });

  test('live figures come as events, once a second', async () => {
    const response = await fetch(`${base}/live`, { headers: { authorization: `Bearer ${token}` } });
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    // The first may come before the rates are known.
    while (text.split('\n\n').length < 4) text += (await reader.read()).value ?? '';
    await reader.cancel();
    const snapshot = JSON.parse(/data: .*\n\ndata: (.*)/.exec(text)?.[1] ?? '');
    assert.deepEqual(Object.keys(snapshot.rates), ['accepted', 'delivered', 'deferred', 'bounced']);
    assert.equal(snapshot.health[0].name, 'database');
    const gap = snapshot.health.find(({ ok }: { ok: boolean }) => !ok);
    assert.deepEqual([gap?.name, gap?.detail], ['delivery on host (pid 1)', 'gone']);
  });

  test('a browser gets no page for what belongs to the API, and strict headers', async () => {
    const origin = new URL(base).origin;
    const page = { accept: 'text/html' };
    for (const path of ['/api/nothing', '/api/admin/v1/nothing', '/assets/nothing.js']) {
      const response = await fetch(origin + path, { headers: page });
      assert.equal(response.status, 404, path);
      assert.match(response.headers.get('content-type') ?? '', /json/);
      assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    }
  });

  test('a stop asks every process', async () => {
    const { status, body } = await ask('POST', 'stop', {});
    assert.deepEqual([status, body.instances[0].id], [202, 'one']);
    const [row] = await database.query(
      'select 1 from instance where stop_requested_at is not null',
    );
    assert.ok(row);
    while (stops === 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
