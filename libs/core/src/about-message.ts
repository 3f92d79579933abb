/** The error with the id of the message that it is about, for the log; what is no error becomes one. */
export function aboutMessage(error: unknown, messageId: string): Error {
  const about = error instanceof Error ? error : new Error(String(error));
  return Object.assign(about, { messageId });
}
