/** A POP3 command: its keyword in upper case, and what follows the first space, exactly. */
export interface Pop3Command {
  readonly keyword: string;
  readonly argument: string;
}

/** Longest command line: more than RFC 2449 §4 asks for (255), so that long passwords pass. */
export const COMMAND_MAX_BYTES = 1_024;

/** Reads a line without its line end (latin1); undefined where it is no command. */
export function parseCommand(line: string): Pop3Command | undefined {
  const found = /^([A-Za-z]{3,10})(?: (.*))?$/.exec(line);
  return found === null
    ? undefined
    : { keyword: (found[1] ?? '').toUpperCase(), argument: found[2] ?? '' };
}

/** Reads `count` numbers with a space between; undefined where there are others. */
export function parseNumbers(argument: string, count: number): number[] | undefined {
  const parts = argument.trim().split(/ +/);
  if (parts.length !== count || parts.some((part) => !/^\d{1,9}$/.test(part))) return undefined;
  return parts.map(Number);
}
