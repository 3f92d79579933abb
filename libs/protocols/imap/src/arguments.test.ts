import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArgumentReader, NESTING_MAX } from './argument-reader.ts';
import { readFetchArguments } from './fetch-arguments.ts';
import { readListArguments } from './list-arguments.ts';
import { readSearchArguments } from './search-arguments.ts';
import { readStoreArguments } from './store-arguments.ts';
import { ImapSyntaxError } from './syntax-error.ts';

function reader(...lines: (string | Buffer)[]): ArgumentReader {
  return new ArgumentReader({
    lines: lines.filter((line) => typeof line === 'string'),
    literals: lines.filter((line) => typeof line !== 'string'),
  });
}

test('astrings are atoms, quoted strings and literals', () => {
  const all = reader('a]b "q\\"\\\\ " {3}', Buffer.from('l\r\n'), ' "" end');
  const strings: string[] = [];
  do strings.push(all.astring());
  while (all.take(' '));
  assert.deepEqual(strings, ['a]b', 'q"\\ ', 'l\r\n', '', 'end']);
  for (const wrong of ['"open', '"a\\x"', '(', '', '{3}', 'ä', '"a\0"']) {
    assert.throws(() => reader(wrong).astring(), ImapSyntaxError, wrong);
  }
});

test('a literal is not passed over', () => {
  assert.throws(() => reader('x {1}', Buffer.from('y'), '').end(), ImapSyntaxError);
});

test('mailbox names are Unicode, INBOX in any case is INBOX', () => {
  assert.equal(reader('iNbOx').mailbox(), 'INBOX');
  assert.equal(reader('"inbox/x"').mailbox(), 'INBOX/x');
  assert.equal(reader('&U,BTFw-').mailbox(), '台北');
  assert.equal(reader(`{4}`, Buffer.from('Jör'), '').mailbox(), 'Jör');
});

test('FETCH names its items as they were asked for', () => {
  const { items, set } = readFetchArguments(
    reader('1,3:* (uid body.peek[1.2.header.fields (Subject "To")]<5.10> BODY[] RFC822.HEADER)'),
  );
  assert.deepEqual(set, [
    { first: 1, last: 1 },
    { first: 3, last: Infinity },
  ]);
  const labels = items.map((item) => (item.kind === 'section' ? item.label : item.kind));
  assert.deepEqual(labels, [
    ...['uid', 'BODY[1.2.HEADER.FIELDS (Subject "To")]<5>'.replaceAll('"', '')],
    ...['BODY[]', 'RFC822.HEADER'],
  ]);
  assert.deepEqual(
    items.map((item) => item.kind === 'section' && item.marksSeen),
    [false, false, true, false],
  );
  assert.equal(readFetchArguments(reader('1 FULL')).items.length, 5);
  for (const wrong of ['1 (ALL)', '1 BODY[1.]', '1 BODY[0]', '1 BODY[HEADER.FIELDS]', '1 UID x']) {
    assert.throws(() => readFetchArguments(reader(wrong)), ImapSyntaxError, wrong);
  }
});

test('STORE has flags with and without parentheses', () => {
  assert.deepEqual(readStoreArguments(reader('1 -flags.silent \\seen Work')), {
    set: [{ first: 1, last: 1 }],
    change: 'remove',
    silent: true,
    flags: ['\\Seen', 'Work'],
  });
  assert.deepEqual(readStoreArguments(reader('1 FLAGS ()')).flags, []);
  assert.throws(() => readStoreArguments(reader('1 FLAGS \\*')), ImapSyntaxError);
});

test('SEARCH keys bind as written', () => {
  assert.deepEqual(readSearchArguments(reader('NOT OR SEEN (1:2 LARGER 5) TO x')), {
    kind: 'and',
    keys: [
      {
        kind: 'not',
        key: {
          kind: 'or',
          keys: [
            { kind: 'flag', flag: '\\seen' },
            {
              kind: 'and',
              keys: [
                { kind: 'sequence', set: [{ first: 1, last: 2 }] },
                { kind: 'size', is: 'larger', sizeBytes: 5 },
              ],
            },
          ],
        },
      },
      { kind: 'header', name: 'to', text: 'x' },
    ],
  });
  const latin = reader('CHARSET ISO-8859-1 SUBJECT {1}', Buffer.from([0xc9]), '');
  assert.deepEqual(readSearchArguments(latin), {
    kind: 'and',
    keys: [{ kind: 'header', name: 'subject', text: 'é' }],
  });
  const deep = NESTING_MAX + 1;
  assert.throws(() => readSearchArguments(reader('('.repeat(deep))), ImapSyntaxError);
  assert.throws(() => readSearchArguments(reader(`${'NOT '.repeat(deep)}ALL`)), ImapSyntaxError);
});

test('LIST in its extended forms', () => {
  const asked = readListArguments(
    reader('(SUBSCRIBED RECURSIVEMATCH) "" ("a%" b*) RETURN (STATUS (MESSAGES) CHILDREN)'),
  );
  assert.deepEqual(asked.patterns, ['a%', 'b*']);
  assert.deepEqual(asked.give, {
    ...{ subscribed: true, children: true, specialUse: false, status: ['MESSAGES'] },
  });
  assert.equal(readListArguments(reader('"" %')).extended, false);
  assert.throws(() => readListArguments(reader('(RECURSIVEMATCH) "" x')), ImapSyntaxError);
});
