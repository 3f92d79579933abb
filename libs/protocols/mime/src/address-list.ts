/** An address as ENVELOPE shows it (RFC 3501 §7.4.2). A group starts with a null host and ends with two nulls. */
export interface EnvelopeAddress {
  /** As it stands in the field, without quotes: encoded words are not decoded. */
  readonly name: string | null;
  readonly mailbox: string | null;
  readonly host: string | null;
}

/** Addresses read of one field. */
export const ADDRESSES_MAX = 2_000;

type Token = { readonly kind: 'text' | 'quoted' | 'comment' | 'special'; readonly text: string };

const GROUP_END: EnvelopeAddress = { name: null, mailbox: null, host: null };

/** Reads an address list (RFC 5322 §3.4); never throws: what is no address becomes one without a host. */
export function parseAddressList(value: string): EnvelopeAddress[] {
  const addresses: EnvelopeAddress[] = [];
  let pending: Token[] = [];
  let inGroup = false;
  let inAngle = false;
  const flush = (): void => {
    const address = readAddress(pending);
    if (address !== undefined) addresses.push(address);
    pending = [];
    inAngle = false;
  };
  for (const token of tokens(value)) {
    if (addresses.length >= ADDRESSES_MAX) break;
    if (token.kind !== 'special') pending.push(token);
    else if (token.text === ',' && !inAngle) flush();
    else if (token.text === ':' && !inAngle && !inGroup) {
      addresses.push({ name: null, mailbox: phrase(pending) ?? '', host: null });
      pending = [];
      inGroup = true;
    } else if (token.text === ';' && inGroup) {
      flush();
      addresses.push(GROUP_END);
      inGroup = false;
    } else {
      if (token.text === '<') inAngle = true;
      if (token.text === '>') inAngle = false;
      pending.push(token);
    }
  }
  flush();
  if (inGroup) addresses.push(GROUP_END);
  return addresses;
}

function readAddress(all: readonly Token[]): EnvelopeAddress | undefined {
  const plain = all.filter((token) => token.kind !== 'comment');
  if (plain.length === 0) return undefined;
  const open = plain.findIndex((token) => token.kind === 'special' && token.text === '<');
  if (open >= 0) {
    const close = plain.findIndex((token, i) => i > open && token.text === '>');
    const inside = plain.slice(open + 1, close < 0 ? undefined : close);
    return { name: phrase(plain.slice(0, open)) ?? null, ...splitMailbox(withoutRoute(inside)) };
  }
  const comment = all.findLast((token) => token.kind === 'comment');
  const at = plain.some((token) => token.kind === 'special' && token.text === '@');
  if (!at && plain.length > 1 && plain.every((token) => token.kind !== 'special')) {
    return { name: null, mailbox: phrase(plain) ?? '', host: '' };
  }
  return { name: comment?.text.trim() ?? null, ...splitMailbox(plain) };
}

/** `@a,@b:local@host` (RFC 5322 §4.4): the route is obsolete and left out. */
function withoutRoute(inside: readonly Token[]): readonly Token[] {
  if (inside[0]?.text !== '@') return inside;
  const colon = inside.findIndex((token) => token.kind === 'special' && token.text === ':');
  return inside.slice(colon + 1);
}

function splitMailbox(parts: readonly Token[]): Pick<EnvelopeAddress, 'mailbox' | 'host'> {
  const at = parts.findLastIndex((token) => token.kind === 'special' && token.text === '@');
  const text = (some: readonly Token[]): string => some.map((token) => token.text.trim()).join('');
  if (at < 0) return { mailbox: text(parts), host: '' };
  return { mailbox: text(parts.slice(0, at)), host: text(parts.slice(at + 1)) };
}

function phrase(parts: readonly Token[]): string | undefined {
  const text = parts
    .map((token) => token.text)
    .join(' ')
    .replace(/[ \t]+/g, ' ')
    .trim();
  return text === '' ? undefined : text;
}

const NEXT =
  /[ \t]*(?:"((?:[^"\\]|\\.)*)"?|(\[[^\]]*\]?)|([^\s"(),:;<>@[]+(?:[ \t]+[^\s"(),:;<>@[]+)*)|([,:;<>@\]]))/sy;

function* tokens(value: string): Generator<Token> {
  let at = 0;
  while (at < value.length) {
    NEXT.lastIndex = at;
    const found = NEXT.exec(value);
    if (found !== null) {
      at = NEXT.lastIndex;
      yield token(found);
      continue;
    }
    if (value[at] === '(') {
      const end = commentEnd(value, at);
      yield { kind: 'comment', text: value.slice(at + 1, end).replace(/\\(.)/gs, '$1') };
      at = end + 1;
    } else at += 1;
  }
}

function token(found: RegExpExecArray): Token {
  if (found[1] !== undefined) return { kind: 'quoted', text: found[1].replace(/\\(.)/gs, '$1') };
  if (found[4] !== undefined) return { kind: 'special', text: found[4] };
  return { kind: 'text', text: found[2] ?? found[3] ?? '' };
}

/** Comments nest (RFC 5322 §3.2.2); one that is not closed goes to the end. */
function commentEnd(value: string, open: number): number {
  let depth = 0;
  for (let at = open; at < value.length; at++) {
    const char = value[at];
    if (char === '\\') at += 1;
    else if (char === '(') depth += 1;
    else if (char === ')' && --depth === 0) return at;
  }
  return value.length;
}
