/** RFC 3461 §4: `+` and two upper-case hexadecimal digits stand for an octet. What is no xtext stays as it is. */
export function decodeXtext(text: string): string {
  if (!text.includes('+')) return text;
  const octets = text.replaceAll(/\+([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(octets, 'latin1').toString('utf8');
}

/**
 * The value of Original-Recipient (RFC 3464 §2.3.1) for an ORCPT: the address decoded. An address of type `utf-8` has
 * an encoding of its own (RFC 6533 §3), which stays in a report that is ASCII.
 */
export function originalRecipient(orcpt: string, utf8: boolean): string {
  const semicolon = orcpt.indexOf(';');
  const type = orcpt.slice(0, Math.max(semicolon, 0));
  const address = orcpt.slice(semicolon + 1);
  if (semicolon === -1) return decodeXtext(orcpt);
  if (type.toLowerCase() !== 'utf-8') return `${type}; ${decodeXtext(address)}`;
  return `${type}; ${utf8 ? decodeUnicode(address) : address}`;
}

function decodeUnicode(text: string): string {
  return text.replaceAll(/\\x\{([0-9A-F]{2,6})\}/gi, (whole, hex: string) => {
    const point = Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
