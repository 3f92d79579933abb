import { readFileSync } from 'node:fs';
import type { Config } from '@staffetta/platform';
import { CommandRefused, UsageError } from './command.ts';

const TIMEOUT_MS = 60_000;

/** The running system cannot be reached: the program ends with 3. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A question that the admin API answers with a page of a list. */
const PAGE_SIZE = 1_000;

/** Speaks to the admin API of the running system. */
export class AdminClient {
  readonly url: string;
  readonly #token: string;

  constructor(config: Config) {
    if (config.admin.url === undefined) {
      throw new Unreachable('dashboard.port is 0 and admin.url is not set: nowhere to ask');
    }
    this.url = config.admin.url.replace(/\/+$/, '');
    this.#token = readToken(config.admin.tokenFile);
  }

  async get<Value>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Value> {
    const search = new URLSearchParams(query).toString();
    return this.#ask<Value>('GET', search === '' ? path : `${path}?${search}`);
  }

  async post<Value>(path: string, body: object = {}): Promise<Value> {
    return this.#ask<Value>('POST', path, body);
  }

  async delete<Value>(path: string): Promise<Value> {
    return this.#ask<Value>('DELETE', path);
  }

  /** The whole of a list that is given in pages; `cursorOf` names what the next page comes after. */
  async all<Item>(path: string, cursorOf: (item: Item) => string): Promise<readonly Item[]> {
    const items: Item[] = [];
    for (let after = ''; ;) {
      const page = await this.get<readonly Item[]>(path, { after, limit: String(PAGE_SIZE) });
      items.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_SIZE) return items;
      after = cursorOf(last);
    }
  }

  async #ask<Value>(method: string, path: string, body?: object): Promise<Value> {
    const response = await this.#fetch(method, path, body);
    const text = await response.text().catch((error: unknown) => this.#unreachable(error));
    const document = parseDocument(text);
    if (response.ok && document !== undefined) return document as Value;
    const problem = document as { detail?: unknown } | undefined;
    const detail = typeof problem?.detail === 'string' ? problem.detail : response.statusText;
    if (response.status === 400) throw new UsageError(detail);
    if (response.status >= 500 || document === undefined) {
      throw new Unreachable(`${this.url} answered ${response.status}: ${detail}`);
    }
    if (response.status === 401) {
      throw new CommandRefused(`${this.url} does not know our admin token (admin.tokenFile)`);
    }
    throw new CommandRefused(detail);
  }

  async #fetch(method: string, path: string, body: object | undefined): Promise<Response> {
    try {
      return await fetch(`${this.url}/api/admin/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      return this.#unreachable(error);
    }
  }

  #unreachable(error: unknown): never {
    const cause = (error as Error).cause ?? error;
    const code = (cause as { code?: string }).code;
    const reason = code === 'ECONNREFUSED' ? 'nothing listens there' : (cause as Error).message;
    throw new Unreachable(`the system cannot be reached at ${this.url}: ${reason}`);
  }
}

function parseDocument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not from the admin API: something else listens there.
    return undefined;
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it is not there; was the system started here?' : message;
    throw new Unreachable(`the admin token ${file} cannot be read: ${reason}`);
  }
}
