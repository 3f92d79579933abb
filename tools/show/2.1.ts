/** What the first issue shows holds in a cluster too; a 5 MB message passes by each delivery worker and mailbox node. */
import { PointRun } from '../harness/run-point.ts';
import { Point } from '../harness/point.ts';
import { largeMessage } from '../harness/large-message.ts';

/** But the two that measure one process beside others (2.4 measures the cluster), and the fresh clone. */
const POINTS = ['1.1', '1.2', '1.3', '1.4', '1.6', '1.7'];
const LONG = '--long';

await new Point('2.1').run(async (point) => {
  await largeMessage(point);
  const only = process.env['STAFFETTA_TEST_POINTS']?.split(',') ?? POINTS;
  for (const name of only) {
    point.progress(`${name} in a cluster`);
    const run = point.atEnd(new PointRun(name, ['--cluster', ...(point.long ? [LONG] : [])]));
    const { figures, bounds } = await run.line();
    point.figure(`${name}: figures`, figures);
    for (const { bound, ok, figure } of bounds) {
      point.bound(
        `${name}: ${bound}`,
        ok,
        ...(figure === undefined ? [] : [JSON.stringify(figure)]),
      );
    }
  }
});
