/** Beside Debian's Postfix under the same load; and what the two classes of the log are good for. */
import { benchRelay } from '../../ops/bench/relay.ts';
import { measureTwoClasses } from '../../ops/bench/two-classes.ts';
import { Point } from '../harness/point.ts';

const RATE_RATIO_MIN = 3;
const CPU_RATIO_MAX = 1 / 3;
/** Few messages are over before a fresh process has warmed up: the short form only notices what went wrong. */
const SHORT_RATE_RATIO_MIN = 1;
const SHORT_CPU_RATIO_MAX = 1 / 2;

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
    const rateMin = point.long ? RATE_RATIO_MIN : SHORT_RATE_RATIO_MIN;
    const cpuMax = point.long ? CPU_RATIO_MAX : SHORT_CPU_RATIO_MAX;
    point.bound(
      `${load}: at least ${rateMin} times Postfix's rate`,
      rateRatio >= rateMin,
      rateRatio,
    );
    const share = `1/${Math.round(1 / cpuMax)}`;
    point.bound(`${load}: at most ${share} of its CPU`, cpuRatio <= cpuMax, cpuRatio);
  }
  const classes = await measureTwoClasses(point.long ? 1_000 : 200);
  point.figure('not bulk, while 10,000 bulk wait for the same slow site', { ...classes });
  point.bound('bulk waited all the time', classes.bulkWaitingAtEnd > 0, classes.bulkWaitingAtEnd);
});
