/** A listening port of this service. */
export interface Door {
  /** As in metrics. */
  readonly name: 'imap' | 'imaps' | 'pop3' | 'pop3s' | 'lmtp';
  readonly listener: {
    readonly addresses: readonly { readonly host: string; readonly port: number }[];
    readonly connections: number;
    drain(timeoutMs: number): Promise<void>;
  };
}
