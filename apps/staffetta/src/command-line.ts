import { parseArgs } from 'node:util';
import { ConfigError, EXIT, loadConfig } from '@staffetta/platform';
import type { Config } from '@staffetta/platform';
import { AdminClient, Unreachable } from './admin-client.ts';
import { CommandRefused, UsageError } from './command.ts';
import type { Command, OptionValues } from './command.ts';
import { COMMANDS, LATER } from './commands.ts';
import { commandHelp, generalHelp } from './help.ts';
import { Output } from './output.ts';
import type { Streams } from './output.ts';
import { readFirstLine } from './read-password.ts';

/** The world of a command line. */
export interface CommandLineOptions extends Streams {
  readonly stdin: AsyncIterable<Buffer | string>;
}

/** Runs one command line and returns the exit code: 0 done, 1 no, 2 wrong usage or configuration, 3 unreachable. */
export async function runCommandLine(
  args: readonly string[],
  world: CommandLineOptions,
): Promise<number> {
  const output = new Output(args.includes('--json'), world);
  try {
    return await dispatch(args, output, world.stdin);
  } catch (error) {
    return fail(error, output);
  }
}

async function dispatch(
  args: readonly string[],
  output: Output,
  stdin: CommandLineOptions['stdin'],
): Promise<number> {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const wantsHelp = args.includes('--help') || args.includes('-h') || words[0] === 'help';
  const sought = words[0] === 'help' ? words.slice(1) : words;
  const command = args[0] === '--version' ? findCommand(['version']) : findCommand(sought);
  if (!command) return noCommand(sought, wantsHelp, output);
  if (wantsHelp) {
    output.result({ help: commandHelp(command) }, ({ help }) => help);
    return EXIT.done;
  }
  const { positionals, options } = parseCommand(command, args);
  let config: Config | undefined;
  const configOnce = (): Config => (config ??= loadConfig());
  return command.run({
    positionals,
    options,
    output,
    config: configOnce,
    admin: () => new AdminClient(configOnce()),
    readPassword: () => readFirstLine(stdin),
  });
}

/** Names have one word or two; the longer one is meant first. */
function findCommand(words: readonly string[]): Command | undefined {
  const find = (name: string): Command | undefined =>
    COMMANDS.find((command) => command.name === name);
  return find(words.slice(0, 2).join(' ')) ?? find(words[0] ?? '');
}

function noCommand(words: readonly string[], wantsHelp: boolean, output: Output): number {
  if (words.length === 0) {
    output.result({ help: generalHelp(COMMANDS) }, ({ help }) => help);
    return wantsHelp ? EXIT.done : EXIT.usage;
  }
  const name = words.slice(0, 2).join(' ');
  if (LATER.has(name)) throw new UsageError(`${name} is not part of this version yet`);
  const siblings = COMMANDS.filter((command) => command.name.split(' ')[0] === words[0]);
  if (siblings.length === 0) {
    throw new UsageError(`there is no command "${words[0]}"; see staffetta --help`);
  }
  const names = siblings.map((command) => command.name).join(', ');
  if (wantsHelp) {
    output.result({ help: siblings.map(commandHelp).join('\n\n') }, ({ help }) => help);
    return EXIT.done;
  }
  throw new UsageError(`there is no command "${name}"; there are: ${names}`);
}

function parseCommand(
  command: Command,
  args: readonly string[],
): { readonly positionals: readonly string[]; readonly options: OptionValues } {
  const parsed = parseOptions(command, args);
  const positionals = parsed.positionals.slice(command.name.split(' ').length);
  const [min, max] = command.positionals;
  if (positionals.length < min) throw usageOf(command, 'something is missing');
  if (positionals.length > max) {
    throw usageOf(command, `"${positionals[max]}" is one word too many`);
  }
  return { positionals, options: parsed.values };
}

function parseOptions(
  command: Command,
  args: readonly string[],
): { readonly positionals: readonly string[]; readonly values: OptionValues } {
  try {
    const parsed = parseArgs({
      args: args[0] === '--version' ? ['version', ...args.slice(1)] : [...args],
      options: { json: { type: 'boolean' }, ...command.options },
      allowPositionals: true,
      strict: true,
    });
    return { positionals: parsed.positionals, values: parsed.values };
  } catch (error) {
    const message = (error as Error).message.split('. ')[0] ?? '';
    throw usageOf(command, message);
  }
}

function usageOf(command: Command, message: string): UsageError {
  return new UsageError(
    `${message}\nusage: staffetta ${`${command.name} ${command.usage}`.trim()}`,
  );
}

function fail(error: unknown, output: Output): number {
  if (error instanceof ConfigError) {
    output.failure(`the configuration cannot be used\n${error.message}`);
    return EXIT.usage;
  }
  if (error instanceof UsageError) {
    output.failure(error.message);
    return EXIT.usage;
  }
  if (error instanceof Unreachable) {
    output.failure(error.message);
    return EXIT.unreachable;
  }
  if (error instanceof CommandRefused) {
    output.failure(error.message);
    return EXIT.failed;
  }
  throw error;
}
