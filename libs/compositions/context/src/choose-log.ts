import { claimLogKind } from '@staffetta/postgres';
import type { ChosenLog, OpenLogOptions } from './chosen-log.ts';
import { openKafkaLog } from './open-kafka-log.ts';
import { openPostgresLog } from './open-postgres-log.ts';

/** The log that `log.kind` names; it can be written and read when it resolves. */
export async function chooseLog(options: OpenLogOptions): Promise<ChosenLog> {
  const { kind } = options.config.log;
  await claimLogKind(options.database, kind);
  return kind === 'kafka' ? openKafkaLog(options) : openPostgresLog(options);
}
