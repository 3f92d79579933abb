const NAME_LENGTH_MAX = 253;
const LABELS = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/**
 * Whether the DNS can be asked for it: lower-case labels of 1 to 63 letters, digits, `-` or `_`, 253 in all, no final
 * dot (RFC 1035 §2.3.4). The underscore is no host name but is in use.
 */
export function isDnsName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && LABELS.test(name);
}
