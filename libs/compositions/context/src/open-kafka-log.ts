import { KafkaLog } from '@staffetta/log-kafka';
import {
  ApartLedger,
  ApartSettlementLog,
  ParkedBodyReader,
  ParkSlices,
  PostgresBlobStore,
  PostgresCauses,
  PostgresLanes,
  prepareLanes,
} from '@staffetta/postgres';
import type { ChosenLog, OpenLogOptions } from './chosen-log.ts';
import { KafkaKeeping } from './kafka-keeping.ts';
import { readKafkaLag } from './kafka-lag.ts';
import { kafkaConnection, prepareKafka, topicSettings } from './kafka-topics.ts';

/** Each has one group on its way to the brokers. */
const APPENDERS = 2;

/** The log in Kafka; large and parked contents, leases, settlements, trace and ledger in the database. */
export async function openKafkaLog(options: OpenLogOptions): Promise<ChosenLog> {
  const { config, database, instance, onGroup } = options;
  await prepareKafka(config);
  const settings = topicSettings(config);
  const lanes = new PostgresLanes(database);
  const blobs = new PostgresBlobStore(database);
  const causes = new PostgresCauses(database);
  const parkSlices = new ParkSlices(database);
  const log = new KafkaLog({
    ...settings,
    connection: kafkaConnection(config),
    instance,
    blobs,
    parked: new ParkedBodyReader(database, parkSlices),
    causes,
    isHeld: (lease) => lanes.isHeld(lease),
    appenders: APPENDERS,
    inlineBytesMax: config.log.inlineBodyBytes,
    keepMs: config.log.keepMs,
    compression: 'none',
    onGroup,
  });
  await prepareLanes(database, { ...settings.lanes, events: log.events.lanes });
  return {
    log,
    settlements: new ApartSettlementLog(log, parkSlices),
    ledger: new ApartLedger(database, log.counted),
    kept: new KafkaKeeping({ database, log, parkSlices, blobs, causes }),
    events: log.events,
    lag: () => readKafkaLag(database, log.counted),
    setAlone() {
      // Its readers look for themselves.
    },
    close: () => log.close(),
  };
}
