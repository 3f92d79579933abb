/** An error about the configuration: its message begins with the key, which the exit code is chosen by (`configKey`). */
export function wrongValue(configKey: string, problem: string, cause?: unknown): Error {
  return Object.assign(new Error(`${configKey}: ${problem}`, { cause }), { configKey });
}
