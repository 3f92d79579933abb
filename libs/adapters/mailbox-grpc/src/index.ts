export { GrpcAccounts } from './grpc-accounts.ts';
export { MailboxOffer } from './mailbox-offer.ts';
export { MAILBOX_METHODS } from './methods.ts';
