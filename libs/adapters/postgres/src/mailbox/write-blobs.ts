import type { Connection } from '../database.ts';
import { encodeOctets } from './octets.ts';
import { pack } from './packed.ts';
import type { PreparedBlob } from './prepared-blob.ts';

/** Octets that go to the server in one statement. */
const STATEMENT_BYTES = 4 * 1_048_576;
const CHUNKS_A_STATEMENT = 16;

/**
 * Stores what is not there yet. To be done before mailboxes are locked: two transactions that bring the same body wait
 * for each other here, in order of the hashes. A row that is there is touched, so that the collector leaves it.
 */
export async function writeBlobs(
  connection: Connection,
  blobs: readonly PreparedBlob[],
): Promise<void> {
  const sorted = blobs.toSorted((a, b) => a.hash.compare(b.hash));
  const distinct = sorted.filter((blob, i) => !sorted[i - 1]?.hash.equals(blob.hash));
  for (let from = 0, to = 0; from < distinct.length; from = to) {
    let bytes = 0;
    do bytes += distinct[to++]!.content.length;
    while (to < distinct.length && bytes + distinct[to]!.content.length <= STATEMENT_BYTES);
    await insertBlobs(connection, distinct.slice(from, to));
  }
}

async function insertBlobs(connection: Connection, blobs: readonly PreparedBlob[]): Promise<void> {
  const { bytes, offsets } = pack(
    blobs.flatMap(({ hash, header, structure, content }) => [hash, header, structure, content]),
  );
  const result = await connection.query<{ hash: Buffer }>({
    name: 'mail_blob_insert',
    text: `insert into mail_blob as stored (hash, size_bytes, header_bytes, header, structure, content)
           select substring($1::bytea from "offset" for 32), size_bytes, header_bytes,
                  substring($1 from "offset" + 32 for header),
                  substring($1 from "offset" + 32 + header for structure),
                  substring($1 from "offset" + 32 + header + structure for content)
           from unnest($2::int[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::int[])
             as blob ("offset", size_bytes, header_bytes, header, structure, content)
           on conflict (hash) do update set touched_at = now()
             where stored.touched_at < now() - interval '1 day'
           returning case when xmax = 0 then hash end as hash`,
    values: [
      bytes,
      blobs.map((_, i) => offsets[4 * i]),
      blobs.map((blob) => blob.sizeBytes),
      blobs.map((blob) => blob.headerBytes),
      blobs.map((blob) => blob.header.length),
      blobs.map((blob) => blob.structure.length),
      blobs.map((blob) => blob.content.length),
    ],
  });
  for (const blob of blobs) {
    if (blob.chunks.length === 0) continue;
    const isNew = result.rows.some((row) => row.hash?.equals(blob.hash));
    if (isNew) await insertChunks(connection, blob);
  }
}

async function insertChunks(connection: Connection, { hash, chunks }: PreparedBlob): Promise<void> {
  for (let from = 0; from < chunks.length; from += CHUNKS_A_STATEMENT) {
    const some = chunks.slice(from, from + CHUNKS_A_STATEMENT).map(encodeOctets);
    const { bytes, offsets, lengths } = pack(some);
    await connection.query({
      name: 'mail_blob_chunk_insert',
      text: `insert into mail_blob_chunk (hash, number, bytes)
             select $1, number, substring($2::bytea from "offset" for length)
             from unnest($3::int[], $4::int[], $5::int[]) as chunk (number, "offset", length)`,
      // The first piece is the row's own, so these count from 1.
      values: [hash, bytes, some.map((_, i) => from + i + 1), offsets, lengths],
    });
  }
}
