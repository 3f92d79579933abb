import { generate } from 'selfsigned';

const VALID_DAYS = 3_650;
const DAY_MS = 86_400_000;
/** Clocks of clients may be behind. */
const BACKDATED_DAYS = 1;

const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** A pair for the host name, localhost and the loopback addresses: ECDSA on P-256, whose handshakes are cheap. */
export async function generateSelfSigned(
  hostname: string | undefined,
): Promise<{ readonly cert: string; readonly key: string }> {
  const names = [...new Set([hostname ?? 'localhost', 'localhost'])];
  const nowMs = Date.now();
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - BACKDATED_DAYS * DAY_MS),
    notAfterDate: new Date(nowMs + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: DNS_NAME, value }) as const),
          { type: IP_ADDRESS, ip: '127.0.0.1' },
          { type: IP_ADDRESS, ip: '::1' },
        ],
      },
    ],
  });
  return { cert, key };
}
