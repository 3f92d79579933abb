const BARE = /\r(?!\n)|(?<!\r)\n/;
const WINDOW_BYTES = 256 * 1024;
const CR = 0x0d;

/** Whether there is a CR without LF or an LF without CR. Strings of a window at a time: the fastest way measured. */
export function hasBareLineEnd(content: Buffer): boolean {
  for (let from = 0; from < content.length;) {
    let to = Math.min(from + WINDOW_BYTES, content.length);
    // A window never ends between CR and LF.
    if (to < content.length && content[to - 1] === CR) to += 1;
    if (BARE.test(content.toString('latin1', from, to))) return true;
    from = to;
  }
  return false;
}

/** Every CR, LF and CR LF made CR LF; other octets stay. */
export function repairLineEnds(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replace(/\r\n?|\n/g, '\r\n'), 'latin1');
}
