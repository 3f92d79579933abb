/** Beside Debian's Postfix under the same load; and what the two classes of the log are good for. */
import { benchRelay } from '../../ops/bench/relay.ts';
import { measureTwoClasses } from '../../ops/bench/two-classes.ts';
import { Point } from '../harness/point.ts';

const RATE_RATIO_MIN = 3;
const CPU_RATIO_MAX = 1 / 3;

await new Point('1.5').run(async (point) => {
  const comparisons = await benchRelay({
    rounds: point.long ? 5 : 2,
    messages: point.long ? 10_000 : 3_000,
    secondDelivery: point.long,
    progress: (text) => point.progress(text),
  });
  for (const comparison of comparisons) {
    const { load, rateRatio, cpuRatio } = comparison;
    point.figure(load, { ...comparison });
    // The promise is about 10 KB; what holds for 100 KB is printed beside it.
    if (!load.startsWith('10 KB')) continue;
    point.bound(
      `${load}: at least 3 times the rate of Postfix`,
      rateRatio >= RATE_RATIO_MIN,
      rateRatio,
    );
    point.bound(`${load}: at most a third of its CPU`, cpuRatio <= CPU_RATIO_MAX, cpuRatio);
  }
  const classes = await measureTwoClasses(point.long ? 1_000 : 200);
  point.figure('not bulk, while 10,000 bulk wait for the same slow site', { ...classes });
  point.bound('bulk waited all the time', classes.bulkWaitingAtEnd > 0, classes.bulkWaitingAtEnd);
});
