import type { Command } from './command.ts';
import { BACKUP_COMMANDS } from './commands/backup.ts';
import { CONFIG_COMMANDS } from './commands/config.ts';
import { DIRECTORY_COMMANDS } from './commands/directory.ts';
import { MAIL_COMMANDS } from './commands/mail.ts';
import { SYSTEM_COMMANDS } from './commands/system.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  ...SYSTEM_COMMANDS,
  ...BACKUP_COMMANDS,
  ...CONFIG_COMMANDS,
  ...DIRECTORY_COMMANDS,
  ...MAIL_COMMANDS,
];

/** Names that are reserved for what a later version does. */
export const LATER: ReadonlySet<string> = new Set(
  ['suspend', 'resume', 'retry', 'bounce', 'remove', 'reroute'].map((word) => `queue ${word}`),
);
