import { prepareTopics, TopicsUnfit } from '@staffetta/log-kafka';
import type { KafkaConnectionOptions, TopicSettings } from '@staffetta/log-kafka';
import { formatHostPort } from '@staffetta/platform';
import type { Config } from '@staffetta/platform';
import { ACCEPTED_LANES, LOCAL_LANES } from '@staffetta/postgres';

const PREFIX = 'mail';
/** Brokers may come up after us; they are waited for this long, in milliseconds. */
const BROKERS_WAIT_MS = 30_000;
const BROKERS_RETRY_MS = 500;

/** Names and numbers of the topics. */
export function topicSettings({ log }: Config): TopicSettings {
  const lanes = { accepted: ACCEPTED_LANES, outbound: log.lanes, local: LOCAL_LANES };
  return { prefix: PREFIX, lanes };
}

/** How the brokers are reached. */
export function kafkaConnection({ log }: Config): KafkaConnectionOptions {
  return { brokers: log.kafka.brokers.map(formatHostPort), clientId: 'staffetta' };
}

/**
 * Makes and checks the topics, once brokers answer. Rejects with an error about the configuration where they, or a
 * broker, are set up otherwise than it says.
 */
export async function prepareKafka(config: Config): Promise<void> {
  const { replicationFactor } = config.log.kafka;
  const options = {
    ...topicSettings(config),
    connection: kafkaConnection(config),
    replicationFactor,
    minInsyncReplicas: Math.max(replicationFactor - 1, 1),
  };
  for (const untilMs = Date.now() + BROKERS_WAIT_MS; ;) {
    try {
      await prepareTopics(options);
      return;
    } catch (error) {
      if (error instanceof TopicsUnfit) {
        const message = `log.kafka: the brokers have it otherwise:\n${error.message}`;
        throw Object.assign(new Error(message, { cause: error }), { configKey: 'log.kafka' });
      }
      if (Date.now() > untilMs) {
        const names = options.connection.brokers.join(', ');
        throw new Error(`log.kafka.brokers: none of ${names} can be used`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, BROKERS_RETRY_MS));
    }
  }
}
