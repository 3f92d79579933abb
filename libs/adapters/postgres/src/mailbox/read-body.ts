import type { Database } from '../database.ts';
import { decodeOctets } from './octets.ts';
import { CHUNK_BYTES } from './prepared-blob.ts';

const READ_MAX_BYTES = 1_048_576;

interface BlobRow {
  size_bytes: number;
  header_bytes: number;
  header: Buffer | null;
  content: Buffer | null;
  number: number | null;
  bytes: Buffer | null;
}

/** Octets of a body; only the pieces that hold them are read. */
export async function readBody(
  database: Database,
  bodyRef: string,
  offset: number,
  lengthBytes: number,
): Promise<Buffer> {
  const end = offset + Math.min(lengthBytes, READ_MAX_BYTES);
  const rows = await piecesOf(database, bodyRef, offset, end);
  const [blob] = rows;
  if (blob === undefined) throw new Error('the body is not there');
  const placed: { readonly at: number; readonly octets: Buffer }[] = [];
  if (blob.header !== null) placed.push({ at: 0, octets: decodeOctets(blob.header) });
  if (blob.content !== null) {
    placed.push({ at: blob.header_bytes, octets: decodeOctets(blob.content) });
  }
  for (const { number, bytes } of rows) {
    if (number === null || bytes === null) continue;
    placed.push({ at: blob.header_bytes + number * CHUNK_BYTES, octets: decodeOctets(bytes) });
  }
  const wanted = placed.map(({ at, octets }) =>
    octets.subarray(Math.max(offset - at, 0), Math.max(end - at, 0)),
  );
  const read = wanted.length === 1 ? wanted[0]! : Buffer.concat(wanted);
  if (read.length !== Math.max(0, Math.min(end, blob.size_bytes) - offset)) {
    throw new Error('a piece of the body is missing');
  }
  return read;
}

function piecesOf(
  database: Database,
  bodyRef: string,
  offset: number,
  end: number,
): Promise<BlobRow[]> {
  return database.withConnection(async (connection) => {
    const config = {
      name: 'mail_blob_read',
      text: `select size_bytes, header_bytes, number, bytes,
                    case when $2::bigint < header_bytes and coalesce(number, 1) = first then header end as header,
                    case when $2 < header_bytes + $4::bigint and $3::bigint > header_bytes
                      and coalesce(number, 1) = first then content end as content
             from (
               select mail_blob.*, greatest(1, ($2 - header_bytes) / $4) as first,
                      ($3 - 1 - header_bytes) / $4 as last
               from mail_blob where hash = $1
             ) as blob
             left join mail_blob_chunk on mail_blob_chunk.hash = blob.hash and number between first and last
             order by number`,
      values: [Buffer.from(bodyRef, 'hex'), offset, end, CHUNK_BYTES],
    };
    return (await connection.query<BlobRow>(config)).rows;
  });
}
