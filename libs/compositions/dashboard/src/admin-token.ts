import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const TOKEN_BYTES = 32;
const TOKEN_MIN_LENGTH = 20;

/** The token by which the command line is known, read from its file; a random one is made where there is none. */
export async function ensureAdminToken(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(TOKEN_BYTES).toString('base64url')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // The umask may have taken more away, never given.
    await chmod(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length < TOKEN_MIN_LENGTH) {
    throw new Error(`${file} holds no admin token of at least ${TOKEN_MIN_LENGTH} characters`);
  }
  return token;
}

/** Compares without telling by time how much was right. */
export function isSameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
