import { SocketAddress, isIPv4, isIPv6 } from 'node:net';

/** What the first octets of a connection are. */
export type ProxyHeader =
  /** A header may begin so: more is needed. */
  | { readonly kind: 'incomplete' }
  /** No header, or one that is not for a TCP connection. */
  | { readonly kind: 'invalid' }
  | {
      readonly kind: 'header';
      /** The client's IP address, mapped IPv4 as IPv4; undefined where the connection's own counts (LOCAL, UNKNOWN). */
      readonly client: string | undefined;
      /** What follows these octets is the client's. */
      readonly sizeBytes: number;
    };

/** The longest header that is taken, with everything that version 2 carries beside the addresses. */
export const HEADER_MAX_BYTES = 4_096;
/** Version 1, with its line end. */
const LINE_MAX_BYTES = 107;
const LINE_START = Buffer.from('PROXY ');
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family, length. */
const FIXED_BYTES = 16;
const LOCAL = 0x20;
const PROXY = 0x21;
const UNSPEC = 0x00;
const TCP4 = 0x11;
const TCP6 = 0x21;

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const INVALID: ProxyHeader = { kind: 'invalid' };

/** Reads the header of the PROXY protocol, version 1 or 2 (HAProxy's proxy-protocol.txt), that the input must begin with. */
export function parseProxyHeader(input: Buffer): ProxyHeader {
  if (begins(input, LINE_START)) return parseLine(input);
  if (begins(input, SIGNATURE)) return parseBinary(input);
  return INVALID;
}

/** Whether as much of the input as is there is the start. */
function begins(input: Buffer, start: Buffer): boolean {
  const length = Math.min(input.length, start.length);
  return input.compare(start, 0, length, 0, length) === 0;
}

/** `PROXY TCP4 client server clientPort serverPort`, or `PROXY UNKNOWN` and anything. */
function parseLine(input: Buffer): ProxyHeader {
  const head = input.toString('latin1', 0, LINE_MAX_BYTES);
  const end = head.indexOf('\r\n');
  if (end === -1) return input.length < LINE_MAX_BYTES ? INCOMPLETE : INVALID;
  const [, family, client = '', server = '', ...ports] = head.slice(0, end).split(' ');
  const sizeBytes = end + 2;
  if (family === 'UNKNOWN') return { kind: 'header', client: undefined, sizeBytes };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : undefined;
  if (!isAddress?.(client) || !isAddress(server)) return INVALID;
  if (ports.length !== 2 || !ports.every(isPort)) return INVALID;
  return { kind: 'header', client: canonical(client), sizeBytes };
}

function parseBinary(input: Buffer): ProxyHeader {
  if (input.length < FIXED_BYTES) return INCOMPLETE;
  const command = input.readUInt8(12);
  const family = input.readUInt8(13);
  const bodyBytes = input.readUInt16BE(14);
  const sizeBytes = FIXED_BYTES + bodyBytes;
  if (command !== LOCAL && command !== PROXY) return INVALID;
  if (sizeBytes > HEADER_MAX_BYTES) return INVALID;
  if (input.length < sizeBytes) return INCOMPLETE;
  if (command === LOCAL || family === UNSPEC) {
    return { kind: 'header', client: undefined, sizeBytes };
  }
  const client = readClient(family, input.subarray(FIXED_BYTES, sizeBytes));
  return client === undefined ? INVALID : { kind: 'header', client, sizeBytes };
}

/** The first of two addresses and two ports; undefined where they are not there. */
function readClient(family: number, body: Buffer): string | undefined {
  if (family === TCP4 && body.length >= 12) return body.subarray(0, 4).join('.');
  if (family !== TCP6 || body.length < 36) return undefined;
  const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((at) => body.readUInt16BE(at).toString(16));
  return canonical(groups.join(':'));
}

/** IPv6 in its short form; IPv4 mapped into IPv6 as IPv4. */
function canonical(text: string): string {
  if (isIPv4(text)) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}

/** Without a zone, which would be one of another machine. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}
