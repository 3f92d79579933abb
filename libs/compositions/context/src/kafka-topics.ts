import { prepareTopics, TopicsUnfit, whyUnusable } from '@staffetta/log-kafka';
import type { KafkaConnectionOptions, TopicSettings } from '@staffetta/log-kafka';
import { formatHostPort } from '@staffetta/platform';
import type { Config } from '@staffetta/platform';
import { ACCEPTED_LANES, LOCAL_LANES } from '@staffetta/postgres';
import { readKafkaCredentials } from './kafka-credentials.ts';
import { wrongValue } from './wrong-value.ts';

const PREFIX = 'mail';
/** Brokers may come up after us; they are waited for this long, in milliseconds. */
const BROKERS_WAIT_MS = 30_000;
const BROKERS_RETRY_MS = 500;

/** Names and numbers of the topics. */
export function topicSettings({ log }: Config): TopicSettings {
  const lanes = { accepted: ACCEPTED_LANES, outbound: log.lanes, local: LOCAL_LANES };
  return { prefix: PREFIX, lanes };
}

/** How the brokers are reached: each time as the files of the configuration have it by then. */
export function kafkaConnection({ log }: Config): KafkaConnectionOptions {
  return {
    brokers: log.kafka.brokers.map(formatHostPort),
    clientId: 'staffetta',
    credentials: () => readKafkaCredentials(log.kafka),
  };
}

/**
 * Makes and checks the topics, once brokers answer. Rejects with an error about the configuration where they, or a
 * broker, are set up otherwise than it says, or where one of its files cannot be used.
 */
export async function prepareKafka(config: Config, waitMs = BROKERS_WAIT_MS): Promise<void> {
  const { replicationFactor } = config.log.kafka;
  const options = {
    ...topicSettings(config),
    connection: kafkaConnection(config),
    replicationFactor,
    minInsyncReplicas: Math.max(replicationFactor - 1, 1),
  };
  await readKafkaCredentials(config.log.kafka);
  for (const untilMs = Date.now() + waitMs; ;) {
    try {
      await prepareTopics(options);
      return;
    } catch (error) {
      if (error instanceof TopicsUnfit) {
        throw wrongValue('log.kafka', `the brokers have it otherwise:\n${error.message}`, error);
      }
      if (Date.now() > untilMs) {
        const names = options.connection.brokers.join(', ');
        const message = `log.kafka.brokers: none of ${names} can be used: ${whyUnusable(error)}`;
        throw new Error(message, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, BROKERS_RETRY_MS));
    }
  }
}
