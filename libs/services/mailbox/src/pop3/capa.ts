import type { Pop3State } from './pop3-state.ts';

const ALWAYS = ['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING'];

/** CAPA (RFC 2449 §5): what the session can do now. */
export function tellCapabilities(state: Pop3State): void {
  const all = [...ALWAYS, 'EXPIRE NEVER', 'IMPLEMENTATION Staffetta'];
  if (state.maildrop === undefined) {
    if (state.connection.canStartTls) all.push('STLS');
    if (state.allowsPassword) all.push('USER');
  }
  state.ok('Capability list follows');
  state.client.write(`${all.join('\r\n')}\r\n.\r\n`);
}
