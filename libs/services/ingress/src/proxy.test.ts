import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { connect } from 'node:net';
import { SmtpDialogue } from '@staffetta/testing';
import { sendMail, startDoors } from './doors.contract.ts';
import type { Doors } from './doors.contract.ts';
import type { Door } from './options.ts';

const BALANCER = '127.0.0.8';

let doors: Doors;
before(async () => {
  doors = await startDoors({
    proxyPorts: { mx: 0, submission: 0, submissions: 0 },
    proxyNetworks: [BALANCER],
    relayNetworks: ['192.0.2.0/24', '2001:db8::/32'],
    connectionsPerAddressMax: 2,
  });
});
after(() => doors.stop());

function line(client: string): Buffer {
  const family = client.includes(':') ? 'TCP6' : 'TCP4';
  return Buffer.from(`PROXY ${family} ${client} ${client} 50000 25\r\n`);
}

/** Version 2, with a TLV behind the addresses. */
function binary(client: string): Buffer {
  const address = client.split('.').map((part) => Number(part));
  const rest = [...address, 127, 0, 0, 1, 0xc3, 0x50, 0, 25, 0x04, 0, 1, 0];
  const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
  return Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, rest.length, ...rest])]);
}

/** A session that comes by the balancer, greeted. */
async function proxied(door: Door, header: Buffer, from = BALANCER): Promise<SmtpDialogue> {
  const { port } = doors.ingress.addresses(door, 'proxy')[0]!;
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.write(header);
  if (door !== 'submissions') return greeted(new SmtpDialogue(socket));
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  return greeted(new SmtpDialogue(secure));
}

async function greeted(peer: SmtpDialogue): Promise<SmtpDialogue> {
  await peer.expect('220 mx.test.example ESMTP');
  await peer.say('EHLO client.example', '250');
  return peer;
}

for (const [name, header, address] of [
  ['version 1', line('192.0.2.7'), '[192.0.2.7]'],
  ['version 1, IPv6', line('2001:db8::7'), '[IPv6:2001:db8::7]'],
  ['version 2', binary('192.0.2.7'), '[192.0.2.7]'],
] as const) {
  for (const door of ['mx', 'submission', 'submissions'] as const) {
    test(`the client's address is in Received, and relays: ${name}, ${door}`, async () => {
      const peer = await proxied(door, header);
      assert.match(
        await sendMail(peer, 's@relay.example', 'a@far.example', 'x: y\r\n\r\n'),
        /^250/,
      );
      const received = doors.accepted().at(-1)!.body.bytes!.toString().split('\r\n', 1)[0]!;
      assert.ok(received.includes(address), received);
      assert.ok(!received.includes(BALANCER), received);
      peer.destroy();
    });
  }
}

test('a client outside of the relay networks does not relay, though the balancer is trusted', async () => {
  for (const header of [line('198.51.100.7'), binary('198.51.100.7')]) {
    const peer = await proxied('mx', header);
    await peer.say('MAIL FROM:<s@relay.example>', '250');
    await peer.say('RCPT TO:<a@far.example>', '550 5.7.1');
    peer.destroy();
  }
});

test('connections count by the address of the client', async () => {
  const peers = [line('198.51.100.1'), line('198.51.100.1'), line('198.51.100.2')];
  const open: SmtpDialogue[] = [];
  for (const header of peers) open.push(await proxied('mx', header));
  const one = await SmtpDialogue.open({
    port: doors.ingress.addresses('mx', 'proxy')[0]!.port,
    from: BALANCER,
  });
  one.send(line('198.51.100.1'));
  await one.expect('421');
  for (const peer of [...open, one]) peer.destroy();
});

test('a header in single octets, with the first command in the packet of its last one', async () => {
  const { port } = doors.ingress.addresses('mx', 'proxy')[0]!;
  const peer = await SmtpDialogue.open({ port, from: BALANCER });
  const header = binary('192.0.2.7');
  for (const octet of header.subarray(0, -1)) {
    peer.send(Buffer.from([octet]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  peer.send(Buffer.concat([header.subarray(-1), Buffer.from('EHLO x\r\n')]));
  await peer.expect('220');
  await peer.expect('250');
  peer.destroy();
});

test('STARTTLS behind the header', async () => {
  const peer = await proxied('submission', line('198.51.100.9'));
  await peer.startTls();
  await peer.say('EHLO x', '250');
  const token = Buffer.from('\0anna@local.example\0secret').toString('base64');
  await peer.say(`AUTH PLAIN ${token}`, '235');
  peer.destroy();
});

test('closed without a word: somebody else with a header, and the balancer without one', async () => {
  const { port } = doors.ingress.addresses('mx', 'proxy')[0]!;
  for (const [from, octets] of [
    ['127.0.0.1', line('192.0.2.7')],
    [BALANCER, Buffer.from('EHLO x\r\n')],
  ] as const) {
    const peer = await SmtpDialogue.open({ port, from });
    peer.send(octets);
    assert.equal(await peer.ended(), '');
    peer.destroy();
  }
});

test('a header says nothing at the doors of clients', async () => {
  const peer = await SmtpDialogue.open({ port: doors.port('mx'), from: BALANCER });
  await peer.expect('220');
  peer.send(line('192.0.2.7'));
  await peer.expect('500');
  await peer.say('EHLO x', '250');
  await peer.say('MAIL FROM:<s@relay.example>', '250');
  await peer.say('RCPT TO:<a@far.example>', '550 5.7.1');
  peer.destroy();
});
