import { LEASED_NUMBERS } from '../log/partitions.ts';

const NAMES = new Map<number, string>(
  Object.entries(LEASED_NUMBERS).map(([name, number]) => [number, name]),
);

/** The name of a number in a column `topic`. */
export function topicName(number: number): string {
  return NAMES.get(number) ?? String(number);
}
