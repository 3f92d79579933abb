export { Envelope, RecordBatch } from './staffetta/mail/v1/envelope.ts';
