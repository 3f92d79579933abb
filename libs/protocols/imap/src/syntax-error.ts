/** What the client sent is not IMAP: answered with BAD and this text. */
export class ImapSyntaxError extends Error {
  override readonly name = 'ImapSyntaxError';
}
