import type { Command } from './command.ts';
import { append } from './commands/append.ts';
import { authenticate } from './commands/authenticate.ts';
import { capability } from './commands/capability.ts';
import { check } from './commands/check.ts';
import { close, unselect } from './commands/close.ts';
import { copy, move } from './commands/copy.ts';
import { create } from './commands/create.ts';
import { deleteCommand } from './commands/delete.ts';
import { enable } from './commands/enable.ts';
import { expunge } from './commands/expunge.ts';
import { fetch } from './commands/fetch.ts';
import { id } from './commands/id.ts';
import { idle } from './commands/idle.ts';
import { list } from './commands/list.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { lsub } from './commands/lsub.ts';
import { namespace } from './commands/namespace.ts';
import { noop } from './commands/noop.ts';
import { rename } from './commands/rename.ts';
import { search } from './commands/search.ts';
import { examine, select } from './commands/select.ts';
import { startTls } from './commands/start-tls.ts';
import { status } from './commands/status.ts';
import { store } from './commands/store.ts';
import { subscribe, unsubscribe } from './commands/subscribe.ts';

/** All commands by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ...Object.entries({ CAPABILITY: capability, NOOP: noop, LOGOUT: logout, ID: id }),
  ...Object.entries({ STARTTLS: startTls, LOGIN: login, AUTHENTICATE: authenticate }),
  ...Object.entries({ NAMESPACE: namespace, ENABLE: enable, LIST: list, LSUB: lsub }),
  ...Object.entries({ STATUS: status, CREATE: create, DELETE: deleteCommand, RENAME: rename }),
  ...Object.entries({ SUBSCRIBE: subscribe, UNSUBSCRIBE: unsubscribe, APPEND: append }),
  ...Object.entries({ SELECT: select, EXAMINE: examine, CLOSE: close, UNSELECT: unselect }),
  ...Object.entries({ FETCH: fetch, STORE: store, SEARCH: search, COPY: copy, MOVE: move }),
  ...Object.entries({ EXPUNGE: expunge, CHECK: check, IDLE: idle }),
]);

/** Those that may come after UID. */
export const UID_COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    FETCH: fetch,
    STORE: store,
    SEARCH: search,
    COPY: copy,
    MOVE: move,
    EXPUNGE: expunge,
  }),
);
