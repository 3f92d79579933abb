import { HIERARCHY_SEPARATOR } from '@staffetta/core';

/** Levels of a mailbox name. */
const LEVELS_MAX = 30;

/** The name of a mailbox to be made, without a separator at its end; undefined where it can be none. */
export function usableName(asked: string): string | undefined {
  const name = asked.endsWith(HIERARCHY_SEPARATOR) ? asked.slice(0, -1) : asked;
  const levels = name.split(HIERARCHY_SEPARATOR);
  const wrong = levels.some((level) => level === '' || level === '.' || level === '..');
  return wrong || levels.length > LEVELS_MAX || /[*%]/.test(name) ? undefined : name;
}
