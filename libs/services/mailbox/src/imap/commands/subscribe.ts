import { no, ok } from '../command.ts';
import type { Command } from '../command.ts';

/** Names one account can subscribe to. */
const SUBSCRIPTIONS_MAX = 10_000;

/** SUBSCRIBE (RFC 3501 §6.3.6): any name, whether there is such a mailbox or not. */
export const subscribe: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const name = reader.mailbox();
    reader.end();
    const { store } = state.options;
    const subscribed = await store.listSubscriptions(state.accountId);
    if (subscribed.length >= SUBSCRIPTIONS_MAX) return no('[LIMIT] Too many subscriptions');
    await store.setSubscribed(state.accountId, name, true);
    return ok('Subscribed');
  },
};

/** UNSUBSCRIBE (RFC 3501 §6.3.7). */
export const unsubscribe: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const name = reader.mailbox();
    reader.end();
    await state.options.store.setSubscribed(state.accountId, name, false);
    return ok('Unsubscribed');
  },
};
