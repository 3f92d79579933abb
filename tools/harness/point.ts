/** What every point of `npm run show` shares: the short or long form, figures, bounds, the line at the end. */

type Figure = number | string | boolean | readonly unknown[] | { readonly [name: string]: unknown };

/** Collects figures and bounds of one point. A bound is a claim with the figure it was judged by. */
export class Point {
  readonly name: string;
  readonly long: boolean = process.argv.includes('--long');
  readonly #figures: Record<string, Figure> = {};
  readonly #bounds: { bound: string; ok: boolean; figure?: Figure }[] = [];
  readonly #ends: (() => unknown)[] = [];
  readonly #begin = performance.now();

  constructor(name: string) {
    this.name = name;
  }

  progress(text: string): void {
    const seconds = ((performance.now() - this.#begin) / 1000).toFixed(1).padStart(6);
    process.stderr.write(`${seconds} s  ${text}\n`);
  }

  figure(name: string, value: Figure): void {
    this.#figures[name] = value;
    this.progress(`${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  }

  bound(bound: string, ok: boolean, figure?: Figure): void {
    this.#bounds.push({ bound, ok, ...(figure === undefined ? {} : { figure }) });
    this.progress(
      `${ok ? 'kept  ' : 'MISSED'} ${bound}${figure === undefined ? '' : ` (${JSON.stringify(figure)})`}`,
    );
  }

  /** Ends what was started, last first, however the point ends. */
  atEnd<T extends { stop(): unknown }>(started: T): T {
    this.#ends.push(() => started.stop());
    return started;
  }

  /** Runs the point's body, prints its line and sets the exit code. */
  async run(body: (point: Point) => Promise<void>): Promise<void> {
    const interrupt = (): void => {
      void this.#stopAll().then(() => process.exit(130));
    };
    process.once('SIGINT', interrupt);
    process.once('SIGTERM', interrupt);
    try {
      await body(this);
    } catch (error) {
      this.bound(
        'the point runs to its end',
        false,
        String(error instanceof Error ? error.stack : error),
      );
    }
    await this.#stopAll();
    const ok = this.#bounds.length > 0 && this.#bounds.every((bound) => bound.ok);
    console.log(
      JSON.stringify({ point: this.name, figures: this.#figures, bounds: this.#bounds, ok }),
    );
    process.exit(ok ? 0 : 1);
  }

  async #stopAll(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        this.progress(`could not end: ${String(error)}`);
      }
    }
  }
}
