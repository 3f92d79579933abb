export { KafkaLog } from './kafka-log.ts';
export type { KafkaLogOptions } from './kafka-log.ts';
export { BodyGone } from './body-store.ts';
export { EventReader } from './event-reader.ts';
export type {
  KafkaConnectionOptions,
  KafkaCredentials,
  PasswordUser,
} from './connection-options.ts';
export { prepareTopics, TopicsUnfit } from './prepare-topics.ts';
export type { PrepareTopicsOptions } from './prepare-topics.ts';
export { EVENT_LANES } from './topics.ts';
export { whyUnusable } from './why-unusable.ts';
export type { TopicSettings } from './topics.ts';
