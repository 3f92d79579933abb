import type { FetchedMessage, FetchedPartition } from './kafkajs-internals.ts';

/** The key of a marker that ends an aborted transaction: version 0, type 0. */
const ABORT_MARKER = Buffer.alloc(4);

/**
 * What readers may see of fetched messages: neither markers nor records of aborted transactions. (The filter of
 * kafkajs lets some through where two aborted transactions began before the offset that was asked for.)
 */
export function committedRecords(
  { messages, abortedTransactions }: FetchedPartition,
  fromOffset: number,
): FetchedMessage[] {
  const aborted = [...(abortedTransactions ?? [])].sort(
    (one, another) => Number(one.firstOffset) - Number(another.firstOffset),
  );
  const aborting = new Set<string>();
  return messages.filter((message) => {
    const { producerId, inTransaction } = message.batchContext;
    while (aborted[0] && Number(aborted[0].firstOffset) <= Number(message.offset)) {
      aborting.add(aborted.shift()!.producerId);
    }
    if (message.isControlRecord) {
      if (message.key?.equals(ABORT_MARKER)) aborting.delete(producerId);
      return false;
    }
    return Number(message.offset) >= fromOffset && !(inTransaction && aborting.has(producerId));
  });
}
