/** What must not outlive the harness, however it ends (but for SIGKILL). */
const endings = new Set<() => void>();

process.on('exit', () => {
  for (const end of [...endings].toReversed()) {
    try {
      end();
    } catch {
      // The next one is ended all the same.
    }
  }
});

/** Calls `end`, which must be synchronous, when this process exits; the function returned takes it back. */
export function atExit(end: () => void): () => void {
  endings.add(end);
  return () => endings.delete(end);
}
