import { isIPv4, isIPv6 } from 'node:net';

/** A record of a test's zone. */
export interface ZoneRecord {
  readonly name: string;
  readonly ttlSec: number;
  readonly type: 'A' | 'AAAA' | 'MX' | 'CNAME';
  /** Address or name. */
  readonly value: string;
  /** Of an MX. */
  readonly preference: number;
}

/** What goes wrong when a name is asked for. `truncate` wrongs UDP only. */
export type DnsFault =
  'silent' | 'servfail' | 'refused' | 'truncate' | 'garbage' | { readonly delayMs: number };

/** What a zone says to a question. */
export interface ZoneAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly records: readonly ZoneRecord[];
  /** TTL and minimum of the SOA of a negative answer; undefined where none is due. */
  readonly negativeTtlSec: number | undefined;
}

export interface DnsZoneOptions {
  /** The SOA's minimum; 0 sends no SOA. Default 60. */
  readonly negativeTtlSec?: number;
  /** Whether CNAMEs are followed in the same answer, as by a recursive server. Default true. */
  readonly followCnames?: boolean;
}

const CNAME_LINKS_MAX = 16;

/**
 * Names and records for a test, changeable while it runs. Text has one record a line, `name ttl type data`; names are
 * absolute, with or without a final dot.
 */
export class DnsZone {
  /** Every question so far as `TYPE name`. */
  readonly questions: string[] = [];
  readonly #records = new Map<string, ZoneRecord[]>();
  readonly #faults = new Map<string, DnsFault>();
  readonly #negativeTtlSec: number;
  readonly #followCnames: boolean;

  constructor(text: string, options: DnsZoneOptions = {}) {
    this.#negativeTtlSec = options.negativeTtlSec ?? 60;
    this.#followCnames = options.followCnames ?? true;
    this.add(text);
  }

  /** Adds records. */
  add(text: string): void {
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const record = parseRecord(line.trim());
      const records = this.#records.get(record.name);
      if (records) records.push(record);
      else this.#records.set(record.name, [record]);
    }
  }

  /** Takes all records of a name away. */
  remove(name: string): void {
    this.#records.delete(bare(name));
  }

  /** Makes questions for the name (`*` for all) go wrong, or right again. */
  setFault(name: string, fault: DnsFault | undefined): void {
    if (fault === undefined) this.#faults.delete(bare(name));
    else this.#faults.set(bare(name), fault);
  }

  /** What goes wrong for a name now. */
  faultOf(name: string): DnsFault | undefined {
    return this.#faults.get(bare(name)) ?? this.#faults.get('*');
  }

  /** How often a question was asked. */
  count(type: string, name: string): number {
    return this.questions.filter((question) => question === `${type} ${bare(name)}`).length;
  }

  /** Answers a question, and notes it. */
  answer(name: string, type: string): ZoneAnswer {
    this.questions.push(`${type} ${bare(name)}`);
    const found: ZoneRecord[] = [];
    let owner = bare(name);
    for (let link = 0; link <= CNAME_LINKS_MAX; link++) {
      const records = this.#records.get(owner) ?? [];
      const wanted = records.filter((record) => record.type === type);
      if (wanted.length > 0) return positive([...found, ...wanted]);
      const cname = records.find((record) => record.type === 'CNAME');
      if (!cname) return this.#negative(owner, found);
      found.push(cname);
      if (!this.#followCnames) return positive(found);
      owner = cname.value;
    }
    return positive(found);
  }

  #negative(owner: string, records: readonly ZoneRecord[]): ZoneAnswer {
    const exists = [...this.#records.keys()].some(
      (name) => name === owner || name.endsWith(`.${owner}`),
    );
    const negativeTtlSec = this.#negativeTtlSec === 0 ? undefined : this.#negativeTtlSec;
    return { rcode: exists ? 'NOERROR' : 'NXDOMAIN', records, negativeTtlSec };
  }
}

function positive(records: readonly ZoneRecord[]): ZoneAnswer {
  return { rcode: 'NOERROR', records, negativeTtlSec: undefined };
}

function bare(name: string): string {
  const lower = name.toLowerCase();
  return lower.length > 1 && lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function parseRecord(line: string): ZoneRecord {
  const [name = '', ttl, type, ...data] = line.split(/\s+/);
  const ttlSec = Number(ttl);
  const value = bare(data.at(-1) ?? '');
  const record = { name: bare(name), ttlSec, value, preference: 0 };
  if (Number.isInteger(ttlSec)) {
    if (type === 'A' && isIPv4(value)) return { ...record, type };
    if (type === 'AAAA' && isIPv6(value)) return { ...record, type };
    if (type === 'CNAME' && data.length === 1) return { ...record, type };
    if (type === 'MX' && data.length === 2) return { ...record, type, preference: Number(data[0]) };
  }
  throw new TypeError(`not a record of a test zone: ${line}`);
}
