import type { ConnectionOptions } from 'node:tls';

/** How the brokers are reached. */
export interface KafkaConnectionOptions {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Asked each time before brokers are connected, for certificates and passwords are renewed; plain where absent. */
  readonly credentials?: () => Promise<KafkaCredentials>;
}

/** By what brokers are trusted, and who asks. */
export interface KafkaCredentials {
  /** Plain where absent. Brokers' certificates are checked for the names by which they are connected. */
  readonly tls?: ConnectionOptions;
  readonly sasl?: PasswordUser;
}

/** A user as SASL PLAIN (RFC 4616) and SCRAM (RFC 5802) know it. */
export interface PasswordUser {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}
