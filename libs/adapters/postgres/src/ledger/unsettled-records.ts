import type { Connection } from '../database.ts';
import { decodeBatch } from '../log/batch-codec.ts';
import { partitionOf } from '../log/partitions.ts';

const BATCHES_AT_ONCE = 500;

/** Each log record that is not settled, in the snapshot of the connection. */
export async function* unsettledRecords(connection: Connection): AsyncIterable<{
  readonly tenantId: string;
  readonly messageId: string;
  readonly recipients: readonly number[];
}> {
  const positions = await unsettledPositions(connection);
  const slices = await connection.query<{ ring: number }>(
    'select ring from log_slice where freed_at is null order by seq',
  );
  for (const { ring } of slices.rows) {
    for (const [number, { position, settled }] of positions) {
      let from = position;
      for (;;) {
        const rows = await connection.query<{ base: number; count: number; records: Buffer }>(
          `select base, count, records from log_${ring}_record
           where partition = $1 and base + count > $2 order by base limit ${BATCHES_AT_ONCE}`,
          [number, from],
        );
        for (const row of rows.rows) {
          for (const record of decodeBatch(partitionOf(number), row.base, row.records)) {
            if (record.position < position || isSet(settled, record.position - position)) continue;
            const { tenantId, messageId, recipients } = record.envelope;
            yield { tenantId, messageId, recipients: recipients.map((one) => one.number) };
          }
          from = row.base + row.count;
        }
        if (rows.rows.length < BATCHES_AT_ONCE) break;
      }
    }
  }
}

/** Partitions with something unsettled, and how far their readers are. */
async function unsettledPositions(
  connection: Connection,
): Promise<ReadonlyMap<number, { position: number; settled: Buffer }>> {
  const rows = await connection.query<{ id: number; position: number; settled: Buffer }>(
    `select partition.id, reader.position, reader.settled
     from log_partition partition
     join (
       select topic * 20000 + lane * 2 as id, position, settled from lane
       union all
       select topic * 20000 + lane * 2 + 1, bulk_position, bulk_settled from lane
     ) reader using (id)
     where partition.next > reader.position`,
  );
  return new Map(rows.rows.map(({ id, ...reader }) => [id, reader]));
}

/** Whether bit n, lowest of an octet first, is set. */
export function isSet(bitmap: Buffer, index: number): boolean {
  const octet = bitmap[index >> 3];
  return octet !== undefined && (octet & (1 << (index & 7))) !== 0;
}
