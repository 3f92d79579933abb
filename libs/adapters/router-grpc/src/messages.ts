import type { RouteAnswer as Answer, RouteEnd as End } from '@staffetta/contracts';
import type { RouteAnswer, RouteEnd } from '@staffetta/core';

/** An answer as it travels. */
export function toMessage({ address, aliases, ends }: RouteAnswer): Answer {
  return { address, aliases, ends: ends.map(toEnd) };
}

/** An answer as it is used; ends of a kind that a newer version knows are left out. */
export function fromMessage({ address, aliases, ends }: Answer): RouteAnswer {
  return { address, aliases, ends: ends.flatMap(fromEnd) };
}

function toEnd({ address, ...end }: RouteEnd): End {
  switch (end.kind) {
    case 'local':
      return { address, end: { $case: 'local', value: { accountId: end.accountId } } };
    case 'remote': {
      const { domain, site, nextHop, relay } = end;
      return { address, end: { $case: 'remote', value: { domain, site, nextHop, relay } } };
    }
    case 'refused':
      return { address, end: { $case: 'refused', value: end.reply } };
  }
}

function fromEnd({ address, end }: End): RouteEnd[] {
  switch (end?.$case) {
    case 'local':
      return [{ kind: 'local', address, accountId: end.value.accountId }];
    case 'remote': {
      const { domain, site, nextHop, relay } = end.value;
      return [{ kind: 'remote', address, domain, site, nextHop, relay }];
    }
    case 'refused': {
      const { enhanced, ...reply } = end.value;
      return [
        {
          kind: 'refused',
          address,
          reply: enhanced === undefined ? reply : { ...reply, enhanced },
        },
      ];
    }
    case undefined:
      return [];
  }
}
