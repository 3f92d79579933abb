import type { MailboxRef, MessageColumns, MessageRow, UidRange } from '@staffetta/core';
import type { Database } from '../database.ts';
import { mailboxNumber } from './mailbox-row.ts';
import { stateOf } from './message-state.ts';
import { decodeOctets } from './octets.ts';
import { normalRanges } from './uid-ranges.ts';

interface FetchedRow {
  readonly uid: number;
  readonly modseq: number;
  readonly flags: number;
  readonly keywords: string[] | null;
  readonly internal_date: number;
  readonly size_bytes: number;
  readonly body_header_bytes: number;
  readonly ends_with_crlf: boolean;
  readonly prefix: Buffer;
  readonly blob: Buffer;
  /** Undefined where not asked for; null where the blob is missing, which must not be. */
  readonly structure?: Buffer | null;
  readonly header?: Buffer | null;
}

const NOTHING = Buffer.alloc(0);

/** Rows in the ranges, ascending; the ranges are walked one by one, so that a page costs what it holds. */
export async function fetchMessages(
  database: Database,
  ref: MailboxRef,
  uids: readonly UidRange[],
  columns: MessageColumns,
  rowsMax: number,
): Promise<readonly MessageRow[]> {
  const ranges = normalRanges(uids);
  if (ranges.length === 0) return [];
  const costly = [columns.structure && 'structure', columns.header && 'header'].filter(Boolean);
  const rows = await database.withConnection(async (connection) => {
    const config = {
      name: `mailbox_fetch_${costly.join('_')}`,
      text: `select message.*${costly.map((column) => `, mail_blob.${column}`).join('')}
             from (
               select message.* from unnest($3::bigint[], $4::bigint[]) as range (first, last)
               cross join lateral (
                 select uid, modseq, flags, keywords, internal_date, size_bytes, body_header_bytes, ends_with_crlf,
                        prefix, blob
                 from mailbox_message where account_id = $1 and mailbox_id = $2 and uid between first and last
                 order by uid limit $5
               ) as message
               limit $5
             ) as message
             ${costly.length > 0 ? 'left join mail_blob on mail_blob.hash = blob' : ''}
             order by uid`,
      values: [
        ref.accountId,
        mailboxNumber(ref),
        ranges.map(({ first }) => first),
        ranges.map(({ last }) => last),
        rowsMax,
      ],
    };
    return (await connection.query<FetchedRow>(config)).rows;
  });
  return rows.map(messageOf);
}

function messageOf(row: FetchedRow): MessageRow {
  return {
    ...stateOf(row),
    internalDateMs: row.internal_date,
    sizeBytes: row.size_bytes,
    endsWithCrlf: row.ends_with_crlf,
    structure: column(row.structure).toString(),
    prefix: row.prefix,
    bodyHeader: column(row.header),
    bodyHeaderBytes: row.body_header_bytes,
    bodyRef: row.blob.toString('hex'),
  };
}

function column(stored: Buffer | null | undefined): Buffer {
  if (stored === undefined) return NOTHING;
  if (stored === null) throw new Error('the body of a message is missing');
  return decodeOctets(stored);
}
