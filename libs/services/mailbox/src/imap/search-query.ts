import type { MessageRow, UidRange } from '@staffetta/core';
import { parseSentDay } from '@staffetta/imap';
import type { SearchKey } from '@staffetta/imap';
import type { MessageContent } from '../message-content.ts';
import { SearchedText } from './searched-text.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';

const DAY_MS = 86_400_000;

/** A SEARCH made ready for many messages. */
export class SearchQuery {
  readonly key: SearchKey;
  /** What has to be known of a message: its UID, its row, or its text as well. */
  readonly needs: 'number' | 'row' | 'content';
  readonly #selected: SelectedMailbox;
  readonly #ranges = new Map<SearchKey, readonly UidRange[]>();

  constructor(key: SearchKey, selected: SelectedMailbox) {
    this.key = key;
    this.#selected = selected;
    this.needs = needsOf(key);
    this.#resolve(key);
  }

  matchesNumber(uid: number): boolean {
    return this.#matches(this.key, uid);
  }

  /** Whether the UID is in the set of this key. */
  isWithin(key: SearchKey, uid: number): boolean {
    const ranges = this.#ranges.get(key) ?? [];
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle]?.last ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return (ranges[low]?.first ?? Infinity) <= uid;
  }

  isRecent(uid: number): boolean {
    return uid >= this.#selected.mailbox.recentFromUid;
  }

  #matches(key: SearchKey, uid: number): boolean {
    switch (key.kind) {
      case 'and':
        return key.keys.every((one) => this.#matches(one, uid));
      case 'or':
        return key.keys.some((one) => this.#matches(one, uid));
      case 'not':
        return !this.#matches(key.key, uid);
      case 'recent':
        return this.isRecent(uid);
      case 'uid':
      case 'sequence':
        return this.isWithin(key, uid);
      default:
        return true;
    }
  }

  #resolve(key: SearchKey): void {
    if (key.kind === 'uid' || key.kind === 'sequence') {
      this.#ranges.set(key, this.#selected.knownRangesOf(key.set, key.kind === 'uid'));
    } else if (key.kind === 'and' || key.kind === 'or') {
      for (const one of key.keys) this.#resolve(one);
    } else if (key.kind === 'not') this.#resolve(key.key);
  }
}

function needsOf(key: SearchKey): 'number' | 'row' | 'content' {
  switch (key.kind) {
    case 'all':
    case 'recent':
    case 'uid':
    case 'sequence':
      return 'number';
    case 'flag':
    case 'size':
    case 'internal-date':
      return 'row';
    case 'not':
      return needsOf(key.key);
    case 'and':
    case 'or': {
      const all = key.keys.map(needsOf);
      return all.includes('content') ? 'content' : all.includes('row') ? 'row' : 'number';
    }
    default:
      return 'content';
  }
}

/** Whether the message matches as far as its row can tell; undefined where its text must be read. */
export function matchesRow(
  query: SearchQuery,
  key: SearchKey,
  row: MessageRow,
): boolean | undefined {
  switch (key.kind) {
    case 'all':
      return true;
    case 'recent':
      return query.isRecent(row.uid);
    case 'uid':
    case 'sequence':
      return query.isWithin(key, row.uid);
    case 'flag':
      return row.flags.some((flag) => flag.toLowerCase() === key.flag);
    case 'size':
      return key.is === 'larger' ? row.sizeBytes > key.sizeBytes : row.sizeBytes < key.sizeBytes;
    case 'internal-date':
      return matchesDay(key.is, row.internalDateMs - (row.internalDateMs % DAY_MS), key.dayMs);
    case 'not': {
      const inner = matchesRow(query, key.key, row);
      return inner === undefined ? undefined : !inner;
    }
    case 'and':
    case 'or': {
      const decisive = key.kind === 'or';
      const all = key.keys.map((one) => matchesRow(query, one, row));
      if (all.includes(decisive)) return decisive;
      return all.includes(undefined) ? undefined : !decisive;
    }
    default:
      return undefined;
  }
}

/** The same with the message's text at hand. */
export async function matchesContent(
  query: SearchQuery,
  row: MessageRow,
  content: MessageContent,
): Promise<boolean> {
  const text = new SearchedText(row, content);
  const matches = async (key: SearchKey): Promise<boolean> => {
    const known = matchesRow(query, key, row);
    if (known !== undefined) return known;
    switch (key.kind) {
      case 'and':
        for (const one of key.keys) if (!(await matches(one))) return false;
        return true;
      case 'or':
        for (const one of key.keys) if (await matches(one)) return true;
        return false;
      case 'not':
        return !(await matches(key.key));
      case 'header':
        return (await text.values(key.name)).some((value) => value.includes(key.text));
      case 'sent-date': {
        const dayMs = parseSentDay((await text.values('date'))[0] ?? '');
        return dayMs !== undefined && matchesDay(key.is, dayMs, key.dayMs);
      }
      case 'body':
        return text.bodyIncludes(key.text);
      case 'text':
        return (await text.headerIncludes(key.text)) || text.bodyIncludes(key.text);
      default:
        return false;
    }
  };
  return matches(query.key);
}

function matchesDay(is: 'before' | 'on' | 'since', dayMs: number, askedMs: number): boolean {
  if (is === 'before') return dayMs < askedMs;
  return is === 'on' ? dayMs === askedMs : dayMs >= askedMs;
}
