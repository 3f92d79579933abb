import { logContract } from '@staffetta/testing';
import { OUTBOUND_LANES, testKafkaLogs } from './testing/test-logs.ts';

const makeLogs = testKafkaLogs();

logContract('Kafka', async () => {
  const made = await makeLogs();
  const log = made.open('one', 'proxied');
  const other = made.open('other');
  return {
    log,
    other,
    lanes: made.lanes,
    outboundLanes: OUTBOUND_LANES,
    removeTrimmed: async () => {
      await log.removeTrimmed();
      await other.removeTrimmed();
    },
    cut: () => made.proxy.cut(),
    hold: () => {
      made.proxy.hold();
      return () => made.proxy.release();
    },
    stop: () => made.stop(),
  };
});
