export { createSmtpConnector } from './connector.ts';
export { DEFAULT_CONVERSION_MAX_BYTES, DEFAULT_SMTP_TIMEOUTS } from './options.ts';
export type { SmtpClientOptions, SmtpTimeouts } from './options.ts';
