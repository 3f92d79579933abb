/** What can be asked. */
export type DnsType = 'A' | 'AAAA' | 'MX';

/** A record of an answer section, in class IN. Names are lower case without a final dot; the root is `.`. */
export type DnsRecord =
  | {
      readonly type: 'A' | 'AAAA';
      readonly name: string;
      readonly ttlSec: number;
      readonly address: string;
    }
  | {
      readonly type: 'MX';
      readonly name: string;
      readonly ttlSec: number;
      readonly preference: number;
      readonly exchange: string;
    }
  | {
      readonly type: 'CNAME';
      readonly name: string;
      readonly ttlSec: number;
      readonly target: string;
    };

/** What the DNS said to one question. */
export type DnsReply =
  | {
      /** NOERROR: the records asked for, and the CNAMEs that lead to them; there may be none (RFC 2308, NODATA). */
      readonly kind: 'answer';
      readonly records: readonly DnsRecord[];
      /** How long "no such record" holds (RFC 2308 §5); undefined where the answer has no SOA. */
      readonly negativeTtlSec: number | undefined;
    }
  | {
      /** NXDOMAIN: the name, or the one its CNAMEs lead to, does not exist. */
      readonly kind: 'no-such-domain';
      readonly negativeTtlSec: number | undefined;
    }
  | {
      /** No usable answer in time (SERVFAIL, REFUSED, silence, too many questions): ask again later. */
      readonly kind: 'temporary';
      readonly reason: string;
    };

/** Asks the configured DNS servers. It keeps no answers. */
export interface Dns {
  /**
   * Asks one question, within a bounded time; what a server says never throws. Rejects only with the signal's
   * reason once it is aborted. The name is in A-labels.
   */
  query(
    name: string,
    type: DnsType,
    options?: { readonly signal?: AbortSignal },
  ): Promise<DnsReply>;
}
