import type { Command } from './command.ts';
import { formatFields } from './output.ts';

const GROUPS: readonly (readonly [title: string, first: readonly string[]])[] = [
  [
    'The system',
    ['start', 'stop', 'status', 'cluster', 'migrate', 'backup', 'restore', 'config', 'version'],
  ],
  ['Who and what it serves', ['tenant', 'domain', 'account', 'alias', 'credential', 'apikey']],
  ['Mail', ['queue', 'message', 'ledger']],
  ['Operators', ['operator']],
];

/** The list of all commands. */
export function generalHelp(commands: readonly Command[]): string {
  const sections = GROUPS.map(([title, first]) => {
    const lines = first.flatMap((word) =>
      commands.filter(({ name }) => name.split(' ')[0] === word).map(commandLine),
    );
    return `${title}\n${indent(formatFields(lines))}`;
  });
  return `Usage: staffetta COMMAND [ARGUMENTS] [--json]

Staffetta relays mail: it takes it in, finds where it goes, delivers it, and keeps the mail of its own accounts.

${sections.join('\n\n')}

--json prints one JSON document. \`staffetta COMMAND --help\` says more about a command.
The running system is found by the same configuration it was started with: staffetta.yaml here, or the file in
STAFFETTA_CONFIG, and STAFFETTA_... variables.
Exit codes: 0 done, 1 no (refused, not found, not balanced), 2 wrong usage or configuration, 3 not reachable.`;
}

/** What a command does and takes. */
export function commandHelp(command: Command): string {
  const parts = [`Usage: staffetta ${`${command.name} ${command.usage}`.trim()}`, command.summary];
  if (command.details !== undefined) parts.push(command.details);
  const options = [...(command.optionHelp ?? []), ['--json', 'print one JSON document'] as const];
  parts.push(indent(formatFields(options)));
  return parts.join('\n\n');
}

function commandLine({ name, usage, summary }: Command): readonly [string, string] {
  const line = `${name} ${usage}`.trim();
  return [line.length > 58 ? `${name} ...` : line, summary];
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
