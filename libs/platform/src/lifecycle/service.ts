/** A part of the program with a life of its own: started in order, drained together, stopped in reverse. */
export interface Service {
  /** As in `staffetta start NAME`, in logs and in what /readyz says is missing. */
  readonly name: string;
  /** Resolves when the service serves; rejects when it cannot, having let go of what it took. */
  start(): Promise<void>;
  /** True, or what is missing in a few words; false where there is nothing to add. */
  ready(): boolean | string;
  /** Takes nothing new and finishes what is in flight. Called once, at most; the runner bounds the wait. */
  drain(): Promise<void>;
  /** Lets go of everything; what is still in flight is given up. */
  stop(): Promise<void>;
}
