import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost of new hashes: 2^15 rounds of 8 blocks, 32 MiB and about 0.1 s. Old hashes carry their own. */
const NEW_COST: ScryptCost = { logN: 15, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Bounds on what a stored hash may ask for. */
const LOG_N_MAX = 20;
/** Hashes computed at once: each holds a thread of the pool and its memory. */
const CONCURRENT_MAX = 2;
/** Hashes that may wait; beyond it the answer is "busy". */
const WAITING_MAX = 200;

interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** More passwords are waiting to be checked than can be checked in time. */
export class PasswordsBusy extends Error {
  override readonly name = 'PasswordsBusy';
}

/** `$scrypt$ln=15,r=8,p=1$salt$hash` of a password, with a new salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, NEW_COST);
  return format(NEW_COST, salt, hash);
}

/** Whether the password belongs to the hash. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parsed = parse(stored);
  if (!parsed) throw new Error('a stored password hash has an unknown format');
  const hash = await derive(password, parsed.salt, parsed.hash.length, parsed.cost);
  return timingSafeEqual(hash, parsed.hash);
}

/** Takes the time of a check, for names that do not exist; always false. */
export async function verifyNothing(password: string): Promise<false> {
  await derive(password, Buffer.alloc(SALT_BYTES), HASH_BYTES, NEW_COST);
  return false;
}

function format(cost: ScryptCost, salt: Buffer, hash: Buffer): string {
  const parameters = `ln=${cost.logN},r=${cost.r},p=${cost.p}`;
  return `$scrypt$${parameters}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

function parse(
  stored: string,
): { readonly cost: ScryptCost; readonly salt: Buffer; readonly hash: Buffer } | undefined {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)$/.exec(
    stored,
  );
  if (!match) return undefined;
  const cost = { logN: Number(match[1]), r: Number(match[2]), p: Number(match[3]) };
  if (cost.logN > LOG_N_MAX) return undefined;
  return {
    cost,
    salt: Buffer.from(match[4] ?? '', 'base64'),
    hash: Buffer.from(match[5] ?? '', 'base64'),
  };
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(
  password: string,
  salt: Buffer,
  hashBytes: number,
  cost: ScryptCost,
): Promise<Buffer> {
  await enter();
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const N = 2 ** cost.logN;
      const options = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r + 1024 * 1024 };
      // RFC 8265: the same characters may be typed in more than one form.
      scrypt(password.normalize('NFC'), salt, hashBytes, options, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    leave();
  }
}

async function enter(): Promise<void> {
  if (running < CONCURRENT_MAX) {
    running += 1;
    return;
  }
  if (waiting.length >= WAITING_MAX) throw new PasswordsBusy('too many passwords to check');
  await new Promise<void>((resolve) => waiting.push(resolve));
}

/** The place goes to the next in line, so that nobody overtakes it. */
function leave(): void {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}
