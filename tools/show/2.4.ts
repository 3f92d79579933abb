/** What a cluster costs beside all-in-one, how fast it delivers, and that bulk in the log does not hold up the rest. */
import { benchCluster } from '../../ops/bench/cluster.ts';
import { benchLogAlone } from '../../ops/bench/log-alone.ts';
import { chosenLog } from '../harness/chosen-log.ts';
import { Point } from '../harness/point.ts';

const SHORT = { rounds: 1, messages: 2_000, warmMs: 0, bulk: 5_000, timed: 100 };
const LONG = { rounds: 3, messages: 8_000, warmMs: 120_000, bulk: 100_000, timed: 1_000 };
const ALONE = { short: [2_000, 1], long: [5_000, 3] } as const;

await new Point('2.4').run(async (point) => {
  const log = chosenLog();
  point.figure('log', log);
  const bench = await benchCluster({
    log,
    ...(point.long ? LONG : SHORT),
    progress: (text) => point.progress(text),
  });
  point.figure('all in one', { ...bench.allInOne });
  point.figure('cluster, two of each', { ...bench.cluster });
  point.figure('its CPU seconds per 1,000 by part', bench.cpuByPart);
  for (const [count, figures] of Object.entries(bench.workers)) {
    point.figure(`with ${count} delivery worker${count === '1' ? '' : 's'}`, { ...figures });
  }
  point.figure('not bulk, while bulk stands unread', { ...bench.unreadBulk });
  if (log === 'kafka') {
    const [messages, rounds] = point.long ? ALONE.long : ALONE.short;
    point.progress('the log alone, beside bare kafkajs');
    const alone = await benchLogAlone(messages, rounds);
    for (const [part, pair] of Object.entries(alone)) point.figure(`${part} alone`, { ...pair });
  }
  const { bulkLeftAtEnd } = bench.unreadBulk;
  point.bound('bulk stood there all the time', bulkLeftAtEnd > 0, bulkLeftAtEnd);
});
