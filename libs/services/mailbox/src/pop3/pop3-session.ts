import { MailStoreUnavailable } from '@staffetta/core';
import type { Connection } from '@staffetta/core';
import { LineReader, parseCommand } from '@staffetta/pop3';
import { ClientGone, ClientStream } from '../client-stream.ts';
import { LOGIN_TIMEOUT_MS } from '../session-options.ts';
import type { SessionOptions } from '../session-options.ts';
import { AUTHORIZATION_COMMANDS } from './authorization-commands.ts';
import { tellCapabilities } from './capa.ts';
import { BAD_COMMANDS_MAX, POP3_IDLE_TIMEOUT_MS } from './limits.ts';
import { Pop3State } from './pop3-state.ts';
import type { MaildropState } from './pop3-state.ts';
import { TRANSACTION_COMMANDS } from './transaction-commands.ts';

/** One POP3 session (RFC 1939) on a connection. Nothing is deleted unless it ends with QUIT. */
export class Pop3Session {
  readonly #state: Pop3State;
  readonly #client: ClientStream;
  readonly #lines = new LineReader();
  #badCommands = 0;
  #waiting = false;

  constructor(connection: Connection, options: SessionOptions) {
    this.#client = new ClientStream(connection);
    this.#state = new Pop3State(connection, this.#client, options);
  }

  /** Speaks until one side ends it; never rejects. */
  async run(): Promise<void> {
    const state = this.#state;
    const loginTimer = setTimeout(() => {
      if (state.maildrop === undefined) this.#end();
    }, LOGIN_TIMEOUT_MS);
    loginTimer.unref();
    this.#watchIdle();
    try {
      state.ok(`${state.options.hostname} is ready`);
      while (!state.closing) {
        const line = await this.#nextLine();
        if (line === undefined) break;
        await this.#handle(line);
        this.#client.flush();
        if (state.startsTls) await this.#startTls();
        if (state.maildrop !== undefined) clearTimeout(loginTimer);
      }
    } catch (error) {
      if (!(error instanceof ClientGone)) state.options.onError(error);
    } finally {
      clearTimeout(loginTimer);
      await this.#release();
      this.#client.end();
    }
  }

  /** Ends the session once the command in hand is done; at once where it waits. Nothing is deleted. */
  drain(): void {
    this.#state.closing = true;
    if (!this.#waiting) return;
    this.#state.error('[SYS/TEMP] Server is shutting down');
    this.#client.end();
  }

  #end(): void {
    this.#state.closing = true;
    this.#client.end();
  }

  #watchIdle(): void {
    const { connection, options } = this.#state;
    connection.onIdle(options.idleTimeoutMs ?? POP3_IDLE_TIMEOUT_MS, () => this.#client.destroy());
  }

  async #nextLine(): Promise<string | { readonly kind: 'too-long' } | undefined> {
    for (;;) {
      const line = this.#lines.next();
      if (line !== undefined) return line;
      this.#client.flush();
      this.#waiting = true;
      const chunk = await this.#client.read();
      this.#waiting = false;
      if (chunk === undefined || this.#state.closing) return undefined;
      this.#lines.push(chunk);
    }
  }

  async #handle(line: string | { readonly kind: 'too-long' }): Promise<void> {
    const state = this.#state;
    const command = typeof line === 'string' ? parseCommand(line) : undefined;
    if (command === undefined) return this.#bad('This is not a POP3 command');
    const { keyword, argument } = command;
    try {
      if (keyword === 'QUIT') await this.#quit();
      else if (keyword === 'CAPA') tellCapabilities(state);
      else if (state.maildrop === undefined) {
        const run = AUTHORIZATION_COMMANDS.get(keyword);
        if (run === undefined) return this.#bad('Unknown command, or not before the log-in');
        await run(state, argument);
      } else {
        const run = TRANSACTION_COMMANDS.get(keyword);
        if (run === undefined) return this.#bad('Unknown command, or not after the log-in');
        await run(state as MaildropState, argument);
      }
      this.#badCommands = 0;
      await this.#client.drained();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** RFC 1939 §6: the lock is let go whether or not all could be removed. */
  async #quit(): Promise<void> {
    this.#state.closing = true;
    await this.#state.maildrop?.commit();
    this.#state.ok('Bye');
  }

  #bad(text: string): void {
    this.#state.error(text);
    this.#badCommands += 1;
    if (this.#badCommands >= BAD_COMMANDS_MAX) this.#state.closing = true;
  }

  #failed(error: unknown): void {
    if (error instanceof ClientGone) throw error;
    if (!(error instanceof MailStoreUnavailable)) this.#state.options.onError(error);
    this.#state.error('[SYS/TEMP] The mailbox cannot be reached, try again later');
  }

  async #startTls(): Promise<void> {
    const { connection } = this.#state;
    this.#state.startsTls = false;
    this.#client.release();
    this.#lines.reset();
    try {
      await connection.startTls();
    } catch (error) {
      throw new ClientGone('TLS negotiation failed', { cause: error });
    }
    this.#client.replace(connection.stream);
    this.#watchIdle();
  }

  async #release(): Promise<void> {
    try {
      await this.#state.maildrop?.close();
    } catch (error) {
      this.#state.options.onError(error);
    }
  }
}
