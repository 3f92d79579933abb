import type { RecipientRequest } from '../read/read-recipients.ts';
import type { Transmission } from '../read/read-transmission.ts';
import type { Fields } from '../read/fields.ts';
import type { Scope } from '../template/expression.ts';

/** What a recipient's expressions are looked up in: its own data first, substitution data before metadata. */
export function scopeOf(transmission: Transmission, recipient: RecipientRequest): Scope {
  const { address, name } = recipient;
  const reserved = new Map([
    ['address.email', address],
    ['email', address],
    ['email_id', address],
  ]);
  if (name !== '') reserved.set('address.name', name);
  const returnPath = recipient.returnPath ?? transmission.returnPath;
  if (returnPath !== undefined) reserved.set('env_from', returnPath).set('return_path', returnPath);
  const data = [
    recipient.substitutionData,
    recipient.metadata,
    transmission.substitutionData,
    transmission.metadata,
  ].filter((fields): fields is Fields => fields !== undefined);
  return { reserved, data };
}

/** The From address is the reverse-path where none is given. */
export function setSender(scope: Scope, address: string): void {
  if (!scope.reserved.has('env_from')) scope.reserved.set('env_from', address);
}
