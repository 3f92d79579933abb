/** RFC 3463 §2: class, subject and detail. */
const ENHANCED = /^([245])\.(\d{1,3})\.(\d{1,3})(?=[ \t]|$)/;

/** The RFC 3463 code that a reply's text begins with, where its class agrees with the reply's code. */
export function enhancedCodeAtStart(text: string, code: number): string | undefined {
  const first = text.charCodeAt(0);
  if (first < 50 || first > 53) return undefined;
  const match = ENHANCED.exec(text);
  if (match === null || Number(match[1]) !== Math.trunc(code / 100)) return undefined;
  return match[0];
}

/** Whether it is a whole RFC 3463 code, like `4.7.1`. */
export function isEnhancedCode(text: string): boolean {
  return ENHANCED.exec(text)?.[0].length === text.length;
}

/** The RFC 3463 code of a reply that has none: its class and nothing more, like `5.0.0`. */
export function enhancedCodeOf(reply: {
  readonly code: number;
  readonly enhanced?: string;
}): string {
  if (reply.enhanced !== undefined) return reply.enhanced;
  const cls = Math.trunc(reply.code / 100);
  return `${cls === 2 || cls === 5 ? cls : 4}.0.0`;
}
