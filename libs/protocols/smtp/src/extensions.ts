import type { ParsedReply } from './reply.ts';

/** What a server offers: EHLO keywords in upper case, with their parameters (RFC 5321 §4.1.1.1). */
export type SmtpExtensions = ReadonlyMap<string, string>;

export const NO_EXTENSIONS: SmtpExtensions = new Map();

/** Reads the reply to EHLO or LHLO; its first line is a greeting. */
export function parseExtensions(reply: ParsedReply): SmtpExtensions {
  const extensions = new Map<string, string>();
  for (const line of reply.lines.slice(1)) {
    const [keyword = '', ...parameters] = line.trim().split(/[ \t]+/);
    if (keyword !== '') extensions.set(keyword.toUpperCase(), parameters.join(' '));
  }
  return extensions;
}

/** The largest message the server takes, in octets (RFC 1870); undefined where it names none. */
export function sizeLimit(extensions: SmtpExtensions): number | undefined {
  const limit = Number(extensions.get('SIZE') ?? '');
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined;
}
