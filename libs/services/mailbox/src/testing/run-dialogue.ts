import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { MemoryConnection } from './memory-connection.ts';
import type { MemoryConnectionOptions } from './memory-connection.ts';
import type { SessionOptions } from '../session-options.ts';

interface Session {
  run(): Promise<void>;
}

interface Speaker {
  readonly connection: MemoryConnection;
  readonly lines: AsyncIterator<string>;
  readonly ended: Promise<void>;
}

const STEP = /^([CS])(\d?)([:<]) ?(.*)$/;
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Runs a script of what clients say (`C:`) and must hear (`S:`); `C2:` and `S2:` are those of a second one. `C<` ends
 * without a line end; `…` in an `S:` line stands for anything; `#` begins a comment; `@` options of the connections as
 * JSON. All that is heard must be in the script.
 */
export async function runDialogue(
  file: string,
  options: SessionOptions,
  open: (connection: MemoryConnection, options: SessionOptions) => Session,
): Promise<void> {
  const speakers = new Map<string, Speaker>();
  let connectionOptions: MemoryConnectionOptions = {};
  for (const [i, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('@')) {
      connectionOptions = JSON.parse(line.slice(1)) as MemoryConnectionOptions;
      continue;
    }
    const [, who, number = '', end, text = ''] = STEP.exec(line) ?? [];
    assert.ok(who !== undefined, `line ${i + 1} is no step`);
    const speaker = speakers.get(number) ?? start(connectionOptions, options, open);
    speakers.set(number, speaker);
    if (who === 'C') speaker.connection.client.write(text + (end === ':' ? '\r\n' : ''));
    else assertHeard(await heard(speaker, i + 1), text, i + 1);
  }
  for (const { connection, lines, ended } of speakers.values()) {
    connection.client.end();
    await ended;
    assert.deepEqual(await lines.next(), { value: undefined, done: true }, 'more was said');
  }
}

function start(
  connectionOptions: MemoryConnectionOptions,
  options: SessionOptions,
  open: (connection: MemoryConnection, options: SessionOptions) => Session,
): Speaker {
  const connection = new MemoryConnection(connectionOptions);
  const input = createInterface({ input: connection.client, crlfDelay: Infinity });
  const lines = input[Symbol.asyncIterator]();
  return { connection, lines, ended: open(connection, options).run() };
}

async function heard({ lines }: Speaker, line: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`line ${line}: no answer`)), ANSWER_TIMEOUT_MS);
  });
  const next = await Promise.race([lines.next(), late]);
  clearTimeout(timer);
  assert.ok(next.done !== true, `line ${line}: the connection ended`);
  return next.value;
}

function assertHeard(actual: string, expected: string, line: number): void {
  const parts = expected.split('…');
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  if (!new RegExp(`^${pattern}$`, 's').test(actual)) {
    assert.equal(actual, expected, `line ${line}`);
  }
}
