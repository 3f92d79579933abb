/** Programs of Kubernetes and others, built by Go from their published modules. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const KUBERNETES_VERSION = '1.37.2';
/** Eight minutes of one core for the largest; a small machine may be at it for the rest. */
const BUILD_TIMEOUT_MS = 40 * 60_000;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;
const SMALL = ['-s', '-w'];

/**
 * Builds commands of Kubernetes, as `kubelet`, into the folder. Its module has its parts beside it in its own repository;
 * here they are replaced by those parts as published. `work` must not be there yet.
 */
export async function buildKubernetes(
  work: string,
  target: string,
  commands: readonly string[],
): Promise<void> {
  const packages = commands.map((name) => `k8s.io/kubernetes/cmd/${name}`);
  const source = await moduleFolder(`k8s.io/kubernetes@v${KUBERNETES_VERSION}`);
  const lines = (await readFile(join(source, 'go.mod'), 'utf8')).split('\n');
  const parts = lines.flatMap((line) => /^\s*(\S+) => \.\/staging\//.exec(line)?.[1] ?? []);
  const partVersion = `v0.${KUBERNETES_VERSION.replace(/^1\./, '')}`;
  await mkdir(work);
  const module = [
    'module build',
    ...lines.filter((line) => /^(go|godebug) /.test(line)),
    `require k8s.io/kubernetes v${KUBERNETES_VERSION}`,
    ...parts.map((name) => `replace ${name} => ${name} ${partVersion}`),
  ];
  await writeFile(join(work, 'go.mod'), `${module.join('\n')}\n`);
  const needs = packages.map((name) => `import _ "${name}"`);
  await writeFile(
    join(work, 'needs.go'),
    `//go:build tools\n\npackage build\n\n${needs.join('\n')}\n`,
  );
  await go(['mod', 'tidy'], work);
  const flags = ['-trimpath', '-ldflags', [...SMALL, ...versionStamps()].join(' ')];
  for (const name of packages) await go(['build', ...flags, '-o', `${target}/`, name], work);
}

/** Builds a command of another module, as `github.com/coredns/coredns@v1.15.0`, into the folder. */
export async function installCommand(command: string, target: string): Promise<void> {
  await go(['install', '-trimpath', '-ldflags', SMALL.join(' '), command], '/', { GOBIN: target });
}

/** Builds a program of one file. */
export async function buildFile(file: string, target: string): Promise<void> {
  await go(['build', '-trimpath', '-ldflags', SMALL.join(' '), '-o', target, file], '/');
}

/** Where the sources of a module are, fetched when they are not there yet. */
export async function moduleFolder(module: string): Promise<string> {
  const { Dir: folder } = JSON.parse(await go(['mod', 'download', '-json', module], '/')) as {
    Dir: string;
  };
  return folder;
}

/** What its own build writes into it: without it, it takes itself for no version. */
function versionStamps(): string[] {
  const [major, minor] = KUBERNETES_VERSION.split('.');
  const facts = { gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: major, gitMinor: minor };
  const stamps = { ...facts, gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z' };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((place) =>
    Object.entries(stamps).map(([name, value]) => `-X ${place}.${name}=${value}`),
  );
}

async function go(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)('nice', ['go', ...args], {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0', ...env },
    timeout: BUILD_TIMEOUT_MS,
    maxBuffer: OUTPUT_MAX_BYTES,
  });
  return stdout;
}
