/** A service that was asked does not answer, or cannot for now: the same question may be answered later. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
  /** As in `staffetta start`. */
  readonly service: string;

  /** `reason` is for operators and the log. */
  constructor(service: string, reason: string, options?: ErrorOptions) {
    super(`${service} does not answer: ${reason}`, options);
    this.service = service;
  }
}
