/** How an operator's request ended; what was wrong with it is a value, in words for the operator. */
export type Outcome<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'invalid'; readonly field: string; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'not-found'; readonly message: string };

/** What an addition or removal leaves. */
export interface Change {
  readonly id: string;
  /** False where it was there already, with the same settings. */
  readonly changed: boolean;
  /** Whether every live process works with it; false where one did not answer in time. */
  readonly inForce: boolean;
}

export function ok<Value>(value: Value): Outcome<Value> {
  return { kind: 'ok', value };
}

export function invalid(field: string, message: string): Outcome<never> & { kind: 'invalid' } {
  return { kind: 'invalid', field, message };
}
