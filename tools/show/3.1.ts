/** The chart, in every preset and with 200 random values files, makes valid objects; a bad value is refused by name. */
import { runNodeTests } from '../harness/node-tests.ts';
import { Point } from '../harness/point.ts';

const TESTS = 'tools/kubernetes/*.test.ts';

await new Point('3.1').run(async (point) => {
  const { passed, failed } = await runNodeTests(TESTS);
  const counted = (pattern: RegExp): number => passed.filter((name) => pattern.test(name)).length;
  point.figure('tests', passed.length);
  point.bound('no test fails', failed.length === 0, failed);
  point.bound('every preset is rendered and valid', counted(/: Helm 3 and 4 find nothing/) === 4);
  point.bound('200 random values files are', counted(/^200 random values files give/) === 1);
  const refused = counted(/^refused, and named: /);
  point.bound('bad values are refused with a message that names them', refused >= 10, refused);
  const found = counted(/^found in a /);
  point.bound('the checks find what is changed for the worse', found >= 20, found);
});
