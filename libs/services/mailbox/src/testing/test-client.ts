import { MemoryConnection } from './memory-connection.ts';

/** The client's end of a session in a test: what was heard, and waiting for more of it. */
export class TestClient {
  readonly connection: MemoryConnection;
  heard = '';
  closed = false;
  #wake: () => void = () => {};

  constructor(connection = new MemoryConnection()) {
    this.connection = connection;
    connection.client.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString('latin1');
      this.#wake();
    });
    for (const event of ['end', 'close']) {
      connection.client.on(event, () => {
        this.closed = true;
        this.#wake();
      });
    }
  }

  send(text: string): void {
    this.connection.client.write(text, 'latin1');
  }

  /** What was heard up to the end of the pattern; it is then forgotten. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.heard);
      if (found !== null) {
        const end = found.index + found[0].length;
        const text = this.heard.slice(0, end);
        this.heard = this.heard.slice(end);
        return text;
      }
      if (this.closed) throw new Error(`closed after: ${this.heard.slice(-500)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a command and returns all that was said up to its tagged answer. */
  async command(tag: string, text: string): Promise<string> {
    this.send(`${tag} ${text}\r\n`);
    return this.until(new RegExp(`(?:^|\r\n)${tag} (?:OK|NO|BAD) [^\r\n]*\r\n`));
  }
}
