import { copyFile, stat, truncate } from 'node:fs/promises';

const LOG_MAX_BYTES = 8 * 1024 * 1024;

/** Keeps PostgreSQL's log small: past its limit it is copied aside, over the copy before, and emptied. */
export async function boundLog(file: string, maxBytes: number = LOG_MAX_BYTES): Promise<void> {
  const { size } = await stat(file);
  if (size <= maxBytes) return;
  await copyFile(file, `${file}.1`);
  // The server appends, so it goes on at the new end.
  await truncate(file);
}
