import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEADER_MAX_BYTES, parseProxyHeader } from './parse-proxy-header.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const V6 = '20010db8000000000000000000000001';
const TCP4 = '21 11 000c c0000201 c6336401 d9c9 0019';
const TCP6 = `21 21 0024 ${V6} ${V6} d9c9 0019`;

function binary(rest: string): Buffer {
  return Buffer.from(SIGNATURE + rest.replaceAll(' ', ''), 'hex');
}

const HEADERS: readonly (readonly [string, Buffer, string | undefined])[] = [
  ['TCP4', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 55753 25\r\n'), '192.0.2.1'],
  ['TCP6', Buffer.from('PROXY TCP6 2001:DB8:0::1 2001:db8::2 55753 25\r\n'), '2001:db8::1'],
  ['mapped', Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c000:202 1 0\r\n'), '192.0.2.1'],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['UNKNOWN of the greatest length', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), undefined],
  ['binary TCP4', binary(TCP4), '192.0.2.1'],
  [
    'binary TCP4 with TLVs',
    binary(`${TCP4.replace('000c', '0013')} 04 0004 00000000`),
    '192.0.2.1',
  ],
  ['binary TCP6', binary(TCP6), '2001:db8::1'],
  [
    'binary, mapped',
    binary(`21 21 0024 00000000000000000000ffffc0000201 ${V6} 0001 0019`),
    '192.0.2.1',
  ],
  ['LOCAL', binary('20 00 0000'), undefined],
  ['LOCAL with addresses', binary(TCP4.replace('21', '20')), undefined],
  ['UNSPEC', binary('21 00 0003 abcdef'), undefined],
  ['the longest', binary(`21 11 0ff0 ${'01'.repeat(HEADER_MAX_BYTES - 16)}`), '1.1.1.1'],
];

for (const [name, header, client] of HEADERS) {
  test(`a header, whole only at its last octet: ${name}`, () => {
    for (let length = 0; length < header.length; length += 1) {
      assert.deepEqual(parseProxyHeader(header.subarray(0, length)), { kind: 'incomplete' });
    }
    const expected = { kind: 'header', client, sizeBytes: header.length };
    assert.deepEqual(parseProxyHeader(header), expected);
    assert.deepEqual(
      parseProxyHeader(Buffer.concat([header, Buffer.from('EHLO x\r\n')])),
      expected,
    );
  });
}

const INVALID: readonly (readonly [string, Buffer | string])[] = [
  ['SMTP', 'EHLO x\r\n'],
  ['one wrong octet', 'X'],
  ['a TLS handshake', Buffer.from('16030100', 'hex')],
  ['lower case', 'proxy TCP4'],
  ['a signature with a wrong end', Buffer.from('0d0a0d0a000d0a515549540b', 'hex')],
  ['a line without end', `PROXY UNKNOWN ${'f'.repeat(93)}`],
  ['a line that ends too late', `PROXY UNKNOWN ${'f'.repeat(92)}\r\n`],
  ['another family', 'PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n'],
  ['no family', 'PROXY \r\n'],
  ['a name', 'PROXY TCP4 mx.example 192.0.2.2 1 2\r\n'],
  ['the wrong family', 'PROXY TCP4 ::1 ::2 1 2\r\n'],
  ['a zone', 'PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n'],
  ['a wrong server', 'PROXY TCP4 192.0.2.1 192.0.2.256 1 2\r\n'],
  ['one port', 'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n'],
  ['three ports', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n'],
  ['a port too high', 'PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n'],
  ['a port with zeros', 'PROXY TCP4 192.0.2.1 192.0.2.2 0025 2\r\n'],
  ['two blanks', 'PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n'],
  ['version 1 in binary', binary(TCP4.replace('21', '11'))],
  ['another command', binary(TCP4.replace('21', '22'))],
  ['datagrams', binary(TCP4.replace('21 11', '21 12'))],
  ['a UNIX socket', binary(`21 31 00d8 ${'61'.repeat(216)}`)],
  ['too short for its addresses', binary('21 11 000b c0000201 c6336401 d9c9 00')],
  ['too short for IPv6', binary(TCP4.replace('21 11', '21 21'))],
  ['too long, told by its length', binary('21 11 0ff1')],
];

for (const [name, octets] of INVALID) {
  test(`no header: ${name}`, () => {
    assert.deepEqual(parseProxyHeader(Buffer.from(octets)), { kind: 'invalid' });
  });
}

test('garbage never counts as a header of more than there is', () => {
  const seed = 20_261_125;
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let round = 0; round < 20_000; round += 1) {
    const octets = Buffer.from(HEADERS[below(HEADERS.length - 1)]![1]);
    for (let changes = below(4); changes > 0; changes -= 1)
      octets[below(octets.length)] = below(256);
    const header = parseProxyHeader(octets);
    if (header.kind !== 'header') continue;
    assert.ok(header.sizeBytes <= octets.length, `seed ${seed}, round ${round}`);
    assert.match(header.client ?? '::', /^[0-9a-f:.]+$/, `seed ${seed}, round ${round}`);
  }
});
