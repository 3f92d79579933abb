/** Errors of a certificate that nobody who is trusted has signed. */
const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_SIGNATURE_FAILURE)/;
/** Alerts by which a broker refuses the certificate that it was shown, or that it was shown none. */
const REFUSED_CERTIFICATE = /ALERT_.*(CERTIFICATE|UNKNOWN_CA)/;
const CLOSED = new Set(['KafkaJSConnectionClosedError', 'KafkaJSRequestTimeoutError']);

/**
 * Why brokers could not be connected, with the key of the configuration that is likely to be at fault. It has no
 * password in it.
 */
export function whyUnusable(error: unknown): string {
  const { name, code, message } = rootOf(error);
  if (name === 'KafkaJSSASLAuthenticationError') return `log.kafka.sasl: ${message}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `log.kafka.brokers: ${message}`;
  if (UNTRUSTED.test(code)) {
    // Behind it Node.js says how itself would be told whom to trust.
    return `log.kafka.tls.caFile: it has not signed their certificate: ${message.split(';', 1)[0]}`;
  }
  if (REFUSED_CERTIFICATE.test(code)) {
    return `log.kafka.tls.certFile: they refuse it, or want one: ${alertOf(message)}`;
  }
  if (CLOSED.has(name) || code === 'ECONNRESET') {
    return `${message}: perhaps log.kafka.tls or log.kafka.sasl is set otherwise there`;
  }
  return message;
}

interface Root {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

function rootOf(error: unknown): Root {
  if (!(error instanceof Error)) return { name: '', code: '', message: String(error) };
  const { code, topic, errors } = error as { code?: unknown; topic?: string; errors?: unknown[] };
  const [first = error.cause] = errors ?? [];
  if (first instanceof Error) return rootOf(first);
  return {
    name: error.name,
    code: typeof code === 'string' ? code.trim() : '',
    message: topic === undefined ? error.message : `${topic}: ${error.message}`,
  };
}

/** The words of an alert, without where in OpenSSL it was read. */
function alertOf(message: string): string {
  return message.split(':').find((part) => part.includes('alert')) ?? message;
}
