/** Mail to run against: a folder of `*.eml` when there is one, else a small set of our own. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repository } from '../steps.ts';

export interface CorpusMessage {
  readonly name: string;
  /** As in the file. */
  readonly raw: Buffer;
}

export interface Corpus {
  readonly from: string;
  readonly messages: readonly CorpusMessage[];
}

export function readCorpus(): Corpus {
  const folder = process.env['STAFFETTA_TEST_CORPUS'] ?? resolve(repository, '../shared/corpus');
  if (!existsSync(folder)) return { from: 'our own small set', messages: OWN };
  const names = globSync('**/*.eml', { cwd: folder }).sort();
  if (names.length === 0) throw new Error(`no *.eml below ${folder}`);
  const messages = names.map((name) => ({ name, raw: readFileSync(join(folder, name)) }));
  return { from: `${names.length} files`, messages };
}

/** Every line end made CRLF, and one at the end; a CR that stands alone stays. */
export function withCrlf(raw: Buffer): Buffer {
  const text = raw.toString('latin1').replace(/\r?\n/g, '\r\n');
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
}

export function hasBareLf(raw: Buffer): boolean {
  return /(^|[^\r])\n/.test(raw.toString('latin1'));
}

/** What a door may refuse: NUL, and CR or LF that stand alone. */
export function hasForbiddenBytes(content: Buffer): boolean {
  const text = content.toString('latin1');
  return text.includes('\0') || /\r(?!\n)/.test(text) || hasBareLf(content);
}

const OWN: readonly CorpusMessage[] = [
  own('plain', 'From: a@load.test\nSubject: plain\n\nHello\n'),
  own('dots', 'Subject: dots\n\n.\n..\n.end\n'),
  own('eight bits', 'Subject: caf\xe9\nContent-Type: text/plain; charset=latin1\n\n\xe4\xf6\xfc\n'),
  own('long line', `Subject: long\n\n${'x'.repeat(5_000)}\n`),
  own('no header', '\nonly a body\n'),
  own('broken header', 'Subject broken\n : odd\nX\n\nbody\n\n\n'),
  own('no line end', 'Subject: end\n\nthe last line does not end'),
  own('crlf', 'Subject: crlf\r\n\r\nalready right\r\n'),
  own('mixed', 'Subject: mixed\r\n\r\none\ntwo\r\nthree\n'),
  own('nul', 'Subject: nul\n\na\0b\n'),
  own('bare cr', 'Subject: cr\n\na\rb\n'),
  own(
    'multipart',
    'Subject: parts\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n--x\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\nAAECAw==\n--x--\n',
  ),
];

function own(name: string, text: string): CorpusMessage {
  return { name, raw: Buffer.from(text, 'latin1') };
}
