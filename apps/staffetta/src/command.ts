import type { ParseArgsOptionsConfig } from 'node:util';
import type { Config } from '@staffetta/platform';
import type { AdminClient } from './admin-client.ts';
import type { Output } from './output.ts';

/** Values of a command's options. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** What a command works with. */
export interface CommandContext {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  readonly output: Output;
  /** Read when first asked for; a ConfigError ends the program with 2. */
  readonly config: () => Config;
  /** The running system. */
  readonly admin: () => AdminClient;
  /** The first line of stdin without its line end. */
  readonly readPassword: () => Promise<string>;
}

/** One command of the command line. */
export interface Command {
  /** As typed, like `domain add`. */
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More, for the command's own help. */
  readonly details?: string;
  readonly options?: ParseArgsOptionsConfig;
  /** Options in words, for the command's own help. */
  readonly optionHelp?: readonly (readonly [option: string, meaning: string])[];
  /** How many words may follow. */
  readonly positionals: readonly [min: number, max: number];
  /** Returns the exit code. */
  run(context: CommandContext): Promise<number>;
}

/** Wrong usage: the program says so, and ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A refusal, in words for the user: the program ends with 1. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}

/** The option's text; undefined where it was not given. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}
