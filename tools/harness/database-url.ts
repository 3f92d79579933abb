import type { Staffetta } from './staffetta.ts';

/** Where the embedded PostgreSQL of a process is, for other processes. */
export async function databaseUrl(first: Staffetta): Promise<string> {
  const configuration = await first.must(['config', 'show']);
  const url = /postgres(?:ql)?:\/\/[^\s"']+/.exec(configuration)?.[0];
  if (url === undefined) throw new Error(`no database in: ${configuration}`);
  return url;
}
