import type { SmtpReply } from './smtp-client.ts';

/** Where mail for an address ends, once aliases are followed. */
export type RouteEnd =
  | { readonly kind: 'local'; readonly address: string; readonly accountId: string }
  | {
      readonly kind: 'remote';
      readonly address: string;
      /** A-label. */
      readonly domain: string;
      /** The site, `?domain` where it is not known now, or the next hop. */
      readonly site: string;
      /** `host:port`; empty where the MX hosts of the domain are used. */
      readonly nextHop: string;
      /** A relay domain of ours. */
      readonly relay: boolean;
    }
  | { readonly kind: 'refused'; readonly address: string; readonly reply: SmtpReply };

/** What the router would do with mail for an address. */
export interface RouteAnswer {
  readonly address: string;
  /** Aliases that were followed, in that order. */
  readonly aliases: readonly string[];
  readonly ends: readonly RouteEnd[];
}

/** Tells where mail would go. */
export interface Routes {
  /** One answer for each of at most 100 addresses, in their order. Rejects with ServiceUnavailable. */
  route(addresses: readonly string[]): Promise<readonly RouteAnswer[]>;
}
