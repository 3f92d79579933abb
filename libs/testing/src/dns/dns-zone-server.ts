import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import packets, { type Answer, type DecodedPacket, type Packet } from 'dns-packet';
import type { DnsZone, ZoneRecord } from './dns-zone.ts';

/** A DNS server on loopback, over UDP and TCP. */
export interface DnsZoneServer {
  readonly host: string;
  readonly port: number;
  /** `host:port` as configurations take it, `[v6]:port` for IPv6. */
  readonly server: string;
  /** Questions that came by TCP. */
  readonly tcpQuestions: () => number;
  stop(): Promise<void>;
}

const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const MESSAGE_BYTES_MAX = 65_535;
const UDP_BYTES_DEFAULT = 512;
const PORT_TRIES = 20;

type Later = (delayMs: number, act: () => void) => void;

interface Transport {
  readonly byTcp: boolean;
  readonly later: Later;
  readonly send: (reply: Buffer) => void;
}

/** Serves a zone on a free port (or the given one) of a loopback address until `stop`. */
export async function startDnsZone(
  zone: DnsZone,
  options: { readonly host?: string; readonly port?: number } = {},
): Promise<DnsZoneServer> {
  const host = options.host ?? '127.0.0.1';
  const connections = new Set<Socket>();
  const delayed = new Set<NodeJS.Timeout>();
  const later: Later = (delayMs, act) => {
    const timer = setTimeout(() => {
      delayed.delete(timer);
      act();
    }, delayMs);
    delayed.add(timer);
  };
  let tcpQuestions = 0;
  const tcp = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => connection.destroy());
    connection.on('close', () => connections.delete(connection));
    serveConnection(zone, connection, later, () => tcpQuestions++);
  });
  const udp = await bindBoth(tcp, host, options.port ?? 0);
  udp.on('message', (message, peer) => {
    const send = (reply: Buffer): void => udp.send(reply, peer.port, peer.address);
    answerMessage(zone, message, { byTcp: false, later, send });
  });
  const { port } = udp.address();
  return {
    host,
    port,
    server: isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`,
    tcpQuestions: () => tcpQuestions,
    stop: async () => {
      for (const timer of delayed) clearTimeout(timer);
      udp.close();
      for (const connection of connections) connection.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** A port that is free for TCP may be taken for UDP: then another. */
async function bindBoth(tcp: Server, host: string, wanted: number): Promise<UdpSocket> {
  for (let tries = 1; ; tries++) {
    tcp.listen(wanted, host);
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    udp.bind(port, host);
    try {
      await once(udp, 'listening');
      return udp;
    } catch (error) {
      udp.close();
      tcp.close();
      await once(tcp, 'close');
      if (wanted !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

function serveConnection(
  zone: DnsZone,
  connection: Socket,
  later: Later,
  counted: () => void,
): void {
  const send = (reply: Buffer): void => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(reply.length);
    if (connection.writable) connection.write(Buffer.concat([length, reply]));
  };
  let received = Buffer.alloc(0);
  connection.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      counted();
      answerMessage(zone, received.subarray(2, end), { byTcp: true, later, send });
      received = received.subarray(end);
    }
  });
}

function answerMessage(zone: DnsZone, message: Buffer, { byTcp, later, send }: Transport): void {
  const query = decodeQuery(message);
  const question = query?.questions?.[0];
  if (!query || !question) return;
  const answer = zone.answer(question.name, question.type);
  const fault = zone.faultOf(question.name);
  const reply = (rcode: keyof typeof RCODES, extra: Packet = {}): Buffer =>
    packets.encode({
      type: 'response',
      id: query.id ?? 0,
      flags: packets.RECURSION_DESIRED | packets.RECURSION_AVAILABLE | RCODES[rcode],
      questions: [question],
      ...extra,
    });
  const truncated = (): Buffer => setTruncated(reply('NOERROR'));
  if (fault === 'silent') return;
  if (fault === 'servfail') return send(reply('SERVFAIL'));
  if (fault === 'refused') return send(reply('REFUSED'));
  if (fault === 'garbage')
    return send(Buffer.concat([message.subarray(0, 2), Buffer.alloc(9, 0xff)]));
  if (fault === 'truncate' && !byTcp) return send(truncated());
  const full = reply(answer.rcode, {
    answers: answer.records.map(toAnswer),
    authorities: answer.negativeTtlSec === undefined ? [] : [soa(answer.negativeTtlSec)],
  });
  const fitting = full.length > (byTcp ? MESSAGE_BYTES_MAX : udpLimit(query)) ? truncated() : full;
  if (typeof fault === 'object') later(fault.delayMs, () => send(fitting));
  else send(fitting);
}

function decodeQuery(message: Buffer): DecodedPacket | undefined {
  try {
    const query = packets.decode(message);
    return query.type === 'query' ? query : undefined;
  } catch {
    return undefined; // not DNS: a server says nothing
  }
}

function setTruncated(reply: Buffer): Buffer {
  reply.writeUInt16BE(reply.readUInt16BE(2) | packets.TRUNCATED_RESPONSE, 2);
  return reply;
}

function udpLimit(query: DecodedPacket): number {
  const opt = query.additionals?.find((record) => record.type === 'OPT');
  return opt?.type === 'OPT' ? opt.udpPayloadSize : UDP_BYTES_DEFAULT;
}

function toAnswer(record: ZoneRecord): Answer {
  const { name, ttlSec: ttl, type, value } = record;
  if (type === 'MX') {
    return { type, name, ttl, data: { preference: record.preference, exchange: value } };
  }
  return { type, name, ttl, data: value };
}

function soa(minimum: number): Answer {
  return {
    type: 'SOA',
    name: '.',
    ttl: minimum,
    data: {
      mname: 'ns.test',
      rname: 'root.test',
      serial: 1,
      refresh: 60,
      retry: 60,
      expire: 60,
      minimum,
    },
  };
}
