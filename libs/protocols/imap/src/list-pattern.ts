/** Whether a mailbox name matches a LIST pattern: `*` is anything, `%` anything within one level (RFC 3501 §6.3.8). */
export function matchesPattern(name: string, pattern: string, separator: string): boolean {
  // Greedy with one step back at each wildcard: linear in the product of both lengths, never exponential.
  const reached = new Uint8Array(name.length + 1);
  reached[0] = 1;
  for (const char of collapse(pattern)) advance(reached, name, char, separator);
  return reached[name.length] === 1;
}

/** `**` means no more than `*`. */
function collapse(pattern: string): string {
  return pattern.replace(/[*%]*\*[*%]*/g, '*').replace(/%+/g, '%');
}

function advance(reached: Uint8Array, name: string, char: string, separator: string): void {
  if (char === '*' || char === '%') {
    for (let i = 0; i < name.length; i++) {
      if (reached[i] === 1 && (char === '*' || name[i] !== separator)) reached[i + 1] = 1;
    }
    return;
  }
  for (let i = name.length; i > 0; i--) {
    reached[i] = reached[i - 1] === 1 && name[i - 1] === char ? 1 : 0;
  }
  reached[0] = 0;
}
