import { MailboxService } from '@staffetta/contracts';
import type { MailboxServer } from '@staffetta/contracts';
import type { Accounts } from '@staffetta/core';
import { RequestError, unary } from '@staffetta/grpc';
import type { GrpcOffer, IsAway } from '@staffetta/grpc';
import { toAuthentication, toRecipient } from './messages.ts';
import { ADDRESSES_MAX } from './methods.ts';

/** Exposes who has mailboxes here by gRPC. */
export class MailboxOffer implements GrpcOffer {
  readonly definition = MailboxService;
  readonly implementation: MailboxServer;

  constructor(accounts: Accounts, isAway: IsAway) {
    this.implementation = {
      findRecipients: unary(async ({ addresses }) => {
        if (addresses.length > ADDRESSES_MAX) {
          throw new RequestError(`more than ${ADDRESSES_MAX} addresses`);
        }
        return { recipients: (await accounts.find(addresses)).map(toRecipient) };
      }, isAway),
      authenticate: unary(
        async ({ user, password }) => toAuthentication(await accounts.authenticate(user, password)),
        isAway,
      ),
    };
  }
}
