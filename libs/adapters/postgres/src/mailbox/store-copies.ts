import type { NewMessage } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { SEEN, storedFlags } from './flags.ts';
import { pack } from './packed.ts';
import type { PreparedBlob } from './prepared-blob.ts';

/** A message for one mailbox, with its body as `writeBlobs` has stored it. */
export interface Copy {
  readonly accountId: string;
  readonly mailboxNumber: number;
  readonly message: NewMessage;
  readonly blob: PreparedBlob;
}

/** Where messages of one mailbox begin. */
export interface TakenMailbox {
  readonly account_id: string;
  readonly id: number;
  readonly first_uid: number;
  readonly modseq: number;
  readonly uid_validity: number;
}

interface Prepared extends Copy {
  readonly bits: number;
  readonly keywords: readonly string[];
  readonly sizeBytes: number;
}

/**
 * Takes the rows of all mailboxes in order, gives UIDs and stores the messages in the order given. A mailbox that is
 * gone is missing in the answer, and so are its messages: roll back where that must not be.
 */
export async function storeCopies(
  connection: Connection,
  copies: readonly Copy[],
): Promise<ReadonlyMap<string, TakenMailbox>> {
  const prepared = copies.map(prepare);
  const taken = await takeMailboxes(connection, prepared);
  const next = new Map([...taken].map(([key, mailbox]) => [key, mailbox.first_uid]));
  const placed = prepared.flatMap((copy) => {
    const key = mailboxKey(copy.accountId, copy.mailboxNumber);
    const uid = next.get(key);
    if (uid === undefined) return [];
    next.set(key, uid + 1);
    return [{ copy, uid, modseq: taken.get(key)!.modseq }];
  });
  if (placed.length > 0) await insertMessages(connection, placed);
  return taken;
}

/** Names a mailbox among all. */
export function mailboxKey(accountId: string, mailboxNumber: number): string {
  return `${accountId} ${mailboxNumber}`;
}

function prepare(copy: Copy): Prepared {
  const { bits, keywords } = storedFlags(copy.message.flags);
  return { ...copy, bits, keywords, sizeBytes: copy.message.prefix.length + copy.blob.sizeBytes };
}

async function takeMailboxes(
  connection: Connection,
  copies: readonly Prepared[],
): Promise<ReadonlyMap<string, TakenMailbox>> {
  const sums = new Map<string, [string, number, number, number, number]>();
  for (const { accountId, mailboxNumber, bits, sizeBytes } of copies) {
    const key = mailboxKey(accountId, mailboxNumber);
    const sum = sums.get(key) ?? [accountId, mailboxNumber, 0, 0, 0];
    sums.set(key, sum);
    sum[2] += 1;
    sum[3] += (bits & SEEN) === 0 ? 1 : 0;
    sum[4] += sizeBytes;
  }
  const deltas = [...sums.values()];
  const result = await connection.query<TakenMailbox>({
    name: 'mailbox_take',
    text: `with delta as (
             select * from unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::bigint[])
               as delta (account_id, id, messages, unseen, size_bytes)
           ), locked as (
             select account_id, id from mailbox join delta using (account_id, id)
             order by account_id, id for update of mailbox
           )
           update mailbox set modseq = mailbox.modseq + 1, uid_next = uid_next + delta.messages,
             messages = mailbox.messages + delta.messages, unseen = mailbox.unseen + delta.unseen,
             size_bytes = mailbox.size_bytes + delta.size_bytes
           from locked join delta using (account_id, id)
           where mailbox.account_id = locked.account_id and mailbox.id = locked.id
           returning mailbox.account_id, mailbox.id, uid_next - delta.messages as first_uid, modseq, uid_validity`,
    values: [0, 1, 2, 3, 4].map((column) => deltas.map((delta) => delta[column])),
  });
  return new Map(result.rows.map((row) => [mailboxKey(row.account_id, row.id), row]));
}

async function insertMessages(
  connection: Connection,
  placed: readonly { readonly copy: Prepared; readonly uid: number; readonly modseq: number }[],
): Promise<void> {
  const copies = placed.map(({ copy }) => copy);
  const { bytes, offsets, lengths } = pack(
    copies.flatMap(({ message, blob }) => [blob.hash, message.prefix]),
  );
  await connection.query({
    name: 'mailbox_message_insert',
    text: `insert into mailbox_message (account_id, mailbox_id, uid, modseq, flags, keywords, internal_date, size_bytes,
             body_header_bytes, ends_with_crlf, prefix, blob)
           select account_id, mailbox_id, uid, modseq, flags, keywords::text[], to_timestamp(internal_ms / 1000.0),
             size_bytes, body_header_bytes, ends_with_crlf, substring($1::bytea from "offset" + 32 for prefix),
             substring($1 from "offset" for 32)
           from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::smallint[], $7::text[], $8::bigint[],
               $9::bigint[], $10::int[], $11::boolean[], $12::int[], $13::int[])
             as message (account_id, mailbox_id, uid, modseq, flags, keywords, internal_ms, size_bytes,
               body_header_bytes, ends_with_crlf, "offset", prefix)`,
    values: [
      bytes,
      copies.map((copy) => copy.accountId),
      copies.map((copy) => copy.mailboxNumber),
      placed.map(({ uid }) => uid),
      placed.map(({ modseq }) => modseq),
      copies.map((copy) => copy.bits),
      copies.map((copy) => textArray(copy.keywords)),
      copies.map((copy) => copy.message.internalDateMs),
      copies.map((copy) => copy.sizeBytes),
      copies.map((copy) => copy.message.bodyHeaderBytes),
      copies.map((copy) => endsWithCrlf(copy.message.body)),
      copies.map((_, i) => offsets[2 * i]),
      copies.map((_, i) => lengths[2 * i + 1]),
    ],
  });
}

/** A literal of text[]; null where it would be empty. */
export function textArray(texts: readonly string[]): string | null {
  if (texts.length === 0) return null;
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

function endsWithCrlf(body: Buffer): boolean {
  return body.at(-2) === 13 && body.at(-1) === 10;
}
