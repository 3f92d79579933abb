import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDnsServer, systemDnsServers } from './dns-server.ts';

test('servers by address, with and without port', () => {
  const vectors: [string, string, number][] = [
    ['192.0.2.1', '192.0.2.1', 53],
    ['192.0.2.1:5353', '192.0.2.1', 5353],
    ['2001:db8::1', '2001:db8::1', 53],
    ['[2001:db8::1]', '2001:db8::1', 53],
    ['[2001:db8::1]:5353', '2001:db8::1', 5353],
    ['::1', '::1', 53],
  ];
  for (const [text, host, port] of vectors) assert.deepEqual(parseDnsServer(text), { host, port });
});

test('what is no address or port is refused', () => {
  const bad = ['', 'dns.example', 'dns.example:53', '192.0.2.1:0', '192.0.2.1:65536', '192.0.2.1:'];
  bad.push(
    '[192.0.2.1]:53',
    '[::1',
    '[::1]:x',
    '[]:53',
    '192.0.2',
    '192.0.2.1:53:53',
    ' 192.0.2.1',
  );
  for (const text of bad) assert.equal(parseDnsServer(text), undefined, text);
});

test('the servers of the system are readable', () => {
  for (const { port } of systemDnsServers()) assert.ok(port > 0);
});
