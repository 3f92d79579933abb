import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/staffetta.js', import.meta.url));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the command line without a running system', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'command-line-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function run(
    args: readonly string[],
    { env = {}, stdin = '' }: { env?: Record<string, string>; stdin?: string } = {},
  ): Promise<Ended> {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.stdin.on('error', () => undefined).end(stdin);
    const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { exitCode, ...output };
  }

  test('help lists the commands, and says more about one', async () => {
    const general = await run(['--help']);
    assert.equal(general.exitCode, 0);
    assert.match(general.stdout, /domain add .*take mail for a domain/);
    const nothing = await run([]);
    assert.equal(nothing.exitCode, 2);
    const one = await run(['domain', 'add', '--help']);
    assert.equal(one.exitCode, 0);
    assert.match(one.stdout, /--next-hop HOST\[:PORT\]/);
    assert.match((await run(['help', 'queue'])).stdout, /queue show SITE/);
  });

  test('version prints one JSON document with --json', async () => {
    const { exitCode, stdout } = await run(['version', '--json']);
    assert.equal(exitCode, 0);
    assert.match(JSON.parse(stdout).version, /^\d+\.\d+\.\d+$/);
  });

  test('wrong usage is exit 2 and says what would be right', async () => {
    for (const [args, message] of [
      [['nothing'], /there is no command "nothing"/],
      [['domain', 'nothing'], /there are: domain add, domain list/],
      [['domain', 'add'], /something is missing/],
      [['domain', 'add', 'a.example'], /either --local or --relay/],
      [['domain', 'add', 'a.example', 'b.example', '--local'], /one word too many/],
      [['domain', 'add', 'a.example', '--nothing'], /--nothing/],
      [['account', 'add', 'a@a.example'], /--password-stdin/],
      [['operator', 'add', 'a', '--role', 'king', '--password-stdin'], /viewer, operator, admin/],
      [['queue', 'suspend', 'a.example'], /not part of this version/],
      [['start', 'nothing'], /no service "nothing"/],
    ] as const) {
      const { exitCode, stderr } = await run(args);
      assert.equal(exitCode, 2, args.join(' '));
      assert.match(stderr, message);
    }
  });

  test('an empty line is no password', async () => {
    const { exitCode, stderr } = await run(['account', 'add', 'a@b.example', '--password-stdin'], {
      stdin: '\nsecond line\n',
    });
    assert.equal(exitCode, 2);
    assert.match(stderr, /empty/);
  });

  test('a configuration that cannot be used is exit 2 and names the key', async () => {
    const good = await run(['config', 'check', '--json']);
    assert.deepEqual([good.exitCode, JSON.parse(good.stdout)], [0, { ok: true }]);
    const env = { STAFFETTA_SMTP_MX_PORT: 'many' };
    for (const args of [['config', 'check'], ['config', 'show'], ['status']]) {
      const { exitCode, stderr } = await run(args, { env });
      assert.equal(exitCode, 2);
      assert.match(stderr, /smtp\.mxPort \(STAFFETTA_SMTP_MX_PORT\)/);
    }
  });

  test('config show prints what staffetta.yaml understands', async () => {
    const env = {
      STAFFETTA_DELIVERY_NEXT_HOP: '[::1]:2626',
      STAFFETTA_DNS_SERVERS: '127.0.0.1:5353',
      STAFFETTA_DATABASE_URL: 'postgresql://user:secret@host/name',
    };
    const shown = await run(['config', 'show'], { env });
    assert.equal(shown.exitCode, 0);
    const file = join(folder, 'shown.yaml');
    await writeFile(file, shown.stdout);
    const again = await run(['config', 'show', '--json'], { env: { STAFFETTA_CONFIG: file } });
    assert.equal(again.exitCode, 0, again.stderr);
    const document = JSON.parse(again.stdout);
    assert.equal(document.delivery.nextHop, '[::1]:2626');
    assert.deepEqual(document.dns.servers, ['127.0.0.1:5353']);
    assert.equal(document.database.url, env.STAFFETTA_DATABASE_URL);
  });

  test('a system that cannot be reached is exit 3', async () => {
    const nowhere = await run(['status', '--json']);
    assert.equal(nowhere.exitCode, 3);
    assert.match(JSON.parse(nowhere.stdout).error, /admin token/);
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'a token\n');
    const other = createServer((_, response) => response.end('<html>something else</html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const env = {
      STAFFETTA_ADMIN_TOKEN_FILE: tokenFile,
      STAFFETTA_ADMIN_URL: `http://127.0.0.1:${port}`,
    };
    assert.equal((await run(['status'], { env })).exitCode, 3);
    await new Promise((resolve) => other.close(resolve));
    const closed = await run(['status'], { env });
    assert.equal(closed.exitCode, 3);
    assert.match(closed.stderr, /nothing listens there/);
  });
});
