import type { RouteEnd, RouteView } from '../api/documents.ts';
import { nameSite } from '../queues/site-name.ts';

const BEHIND: Readonly<Record<RouteView['recipient']['kind'], string>> = {
  account: 'A mailbox here',
  alias: 'An alias',
  relay: 'A relay domain of ours, which takes any recipient',
  unknown: 'Nobody of that name in a local domain of ours: the MX listener refuses it',
  foreign: 'Not a domain of ours: only who may relay can send to it',
};

/** Who is behind an address, in words. */
export function whoWords({ recipient }: RouteView): string {
  return BEHIND[recipient.kind];
}

/** Where mail ends, in words. */
export function endWords(end: RouteEnd): string {
  switch (end.kind) {
    case 'local':
      return 'its mailbox here';
    case 'refused': {
      const { code, enhanced, text } = end.reply;
      return `refused: ${[code, enhanced, text].filter(Boolean).join(' ')}`;
    }
    case 'remote': {
      if (end.nextHop !== '') return `next hop ${end.nextHop}`;
      const { name, isUnresolved } = nameSite(end.site);
      return isUnresolved ? `MX of ${name}, not resolved now` : `site ${name}`;
    }
  }
}
