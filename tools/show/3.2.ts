/** A real API server takes every preset and each upgrade from one to the next, and refuses what is bad. By hand: it is built first. */
import { runNodeTests } from '../harness/node-tests.ts';
import { Point } from '../harness/point.ts';

const TESTS = 'tools/kubernetes/server/*.test.ts';

await new Point('3.2').run(async (point) => {
  point.progress('the first time, the API server is built: minutes');
  const { passed, failed, figures } = await runNodeTests(TESTS);
  const named = (pattern: RegExp): string[] =>
    passed.flatMap((name) => pattern.exec(name)?.[1] ?? []);
  for (const [name, value] of figures) {
    if (/, (objects|pods|upgrades)$/.test(name)) point.figure(name, value);
  }
  const [version] = named(/^the server is (Kubernetes [\d.]+)$/);
  point.bound('it is a real API server', version !== undefined, version ?? '');
  const taken = named(/^(\S+): the server takes every object/);
  point.bound(
    'it takes every preset, and one of all kinds, with the restricted level enforced',
    taken.length === 5,
    taken,
  );
  const upgraded = named(/^(\S+): upgrades from each preset/);
  point.bound('Helm 3 and 4 upgrade from each preset to the next', upgraded.length === 2, upgraded);
  const refused = named(/^refused by the server: (.*)$/);
  point.bound('it refuses bad objects', refused.length >= 10, refused);
  const weak = named(/^refused by the restricted level: (.*)$/);
  point.bound('it refuses weak pods', weak.length >= 6, weak);
  point.bound('no test fails', failed.length === 0, failed);
});
