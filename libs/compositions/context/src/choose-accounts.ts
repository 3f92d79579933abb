import { systemClock } from '@staffetta/core';
import type { Accounts, Directory } from '@staffetta/core';
import { GrpcAccounts, MAILBOX_METHODS } from '@staffetta/mailbox-grpc';
import type { Context } from './context.ts';
import { RemotePasswords } from './remote-passwords.ts';
import { ServiceChannel } from './service-channel.ts';

/** Who has mailboxes: direct calls where the mailbox service is in this process, else by gRPC. */
export async function chooseAccounts(context: Context): Promise<Accounts> {
  return context.local.accounts ?? (await remoteAccounts(context)).accounts;
}

/**
 * The directory for doors at which people log in: look-ups from the cache of this process; passwords are checked by the
 * mailbox service, where they are hashed in one place, and here while there is none or the way to it can be read.
 */
export async function chooseDoorDirectory(context: Context): Promise<Directory> {
  const { directory } = context.parts;
  if (context.local.accounts) return directory;
  const { accounts, line } = await remoteAccounts(context);
  return new RemotePasswords(directory, accounts, () => line.isKnown && line.isPrivate);
}

async function remoteAccounts(
  context: Context,
): Promise<{ readonly accounts: Accounts; readonly line: ServiceChannel }> {
  const line = new ServiceChannel(context.surroundings, 'mailbox', MAILBOX_METHODS);
  const accounts = new GrpcAccounts(line.channel, systemClock);
  await context.addChoice({
    look: () => line.look(),
    directoryMoved: () => accounts.forget(),
    close: () => line.close(),
  });
  return { accounts, line };
}
