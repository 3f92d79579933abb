import { resolve } from 'node:path';
import { EXIT } from '@staffetta/platform';
import { CommandRefused } from '../command.ts';
import type { Command } from '../command.ts';
import { formatTime } from '../output.ts';

const backup: Command = {
  name: 'backup',
  usage: 'FOLDER',
  summary:
    'copy the data folder with its PostgreSQL, which runs, to a folder that is not there yet',
  details: `Mail flows on meanwhile. All that was acknowledged before the time that is printed is in the copy.
With database.url, use the tools of that PostgreSQL. The configuration and what it names are not in the copy.`,
  positionals: [1, 1],
  async run({ positionals, config, output }) {
    const { backUp } = await import('@staffetta/composition-context');
    const done = await refusing(backUp(config(), resolve(positionals[0] ?? '')));
    output.result(done, ({ folder, takenAtMs, sizeBytes }) =>
      [
        `${folder}: ${(sizeBytes / 1e6).toFixed(0)} MB`,
        `all that was acknowledged before ${formatTime(takenAtMs)} is in it`,
      ].join('\n'),
    );
    return EXIT.done;
  },
};

const restore: Command = {
  name: 'restore',
  usage: 'FOLDER',
  summary: 'make the data folder from a backup; it must be empty or not there',
  details:
    'The next start tells how many recipients waited: they are sent to, though some may have got it before.',
  positionals: [1, 1],
  async run({ positionals, config, output }) {
    const { restore: restoreFrom } = await import('@staffetta/composition-context');
    const settings = config();
    const folder = resolve(positionals[0] ?? '');
    await refusing(restoreFrom(settings, folder));
    output.result({ dataDir: settings.dataDir, folder }, () => `${settings.dataDir} is restored`);
    return EXIT.done;
  },
};

/** Commands about copies of the data folder. */
export const BACKUP_COMMANDS: readonly Command[] = [backup, restore];

/** What keeps a copy from being made is told in a line, without a stack. */
async function refusing<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new CommandRefused(error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
