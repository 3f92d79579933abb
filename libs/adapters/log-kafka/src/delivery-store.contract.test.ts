import { ApartSettlementLog, ParkSlices, PostgresDeliveryStore } from '@staffetta/postgres';
import { deliveryStoreContract } from '@staffetta/testing';
import { OUTBOUND_LANES, testKafkaLogs } from './testing/test-logs.ts';

const makeLogs = testKafkaLogs();

deliveryStoreContract('PostgreSQL beside Kafka', async () => {
  const made = await makeLogs();
  const log = made.open('one');
  const settlements = new ApartSettlementLog(log, new ParkSlices(made.database));
  return {
    store: new PostgresDeliveryStore(made.database, settlements),
    log,
    lanes: made.lanes,
    outboundLanes: OUTBOUND_LANES,
    stop: () => made.stop(),
  };
});
