/** The database did not answer in time: as good as away. */
export class DatabaseSilent extends Error {
  override readonly name = 'DatabaseSilent';
  /** Of the class of connection failures (isConnectionLoss). */
  readonly code = 'ETIMEDOUT';
}

/** The promise's result, or a DatabaseSilent after so long; what was asked goes on unheard. */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  deadlineMs: number,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DatabaseSilent(`the database did not answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
