import { UsageError } from './command.ts';

const LINE_BYTES_MAX = 8_192;

/** The first line of a stream without its line end. */
export async function readFirstLine(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const end = buffer.indexOf(0x0a);
    chunks.push(end === -1 ? buffer : buffer.subarray(0, end));
    bytes += buffer.length;
    if (end !== -1) break;
    if (bytes > LINE_BYTES_MAX) throw new UsageError('the line on stdin is too long');
  }
  return Buffer.concat(chunks).toString('utf8').replace(/\r$/, '');
}
