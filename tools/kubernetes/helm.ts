import { spawn } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './kubernetes-object.ts';

const TIMEOUT_MS = 60_000;
/** Without a cluster Helm knows the kinds of Kubernetes alone. */
const OPERATORS = ['monitoring.coreos.com/v1'];

/** What Helm made of a chart and values, or why it refused. */
export type Rendering =
  | { readonly kind: 'rendered'; readonly objects: readonly KubernetesObject[] }
  | { readonly kind: 'refused'; readonly message: string };

/** `helm template`, for a cluster with these operators: values come as a document on its standard input, after the files. */
export async function renderChart(
  helm: string,
  chart: string,
  values: object,
  files: readonly string[] = [],
  operators: readonly string[] = OPERATORS,
): Promise<Rendering> {
  const given = [...files, '-'].flatMap((file) => ['-f', file]);
  const apis = operators.flatMap((name) => ['--api-versions', name]);
  const args = ['template', 'mail', chart, '--namespace', 'mail', ...apis, ...given];
  const { code, stdout, stderr } = await run(helm, args, JSON.stringify(values));
  if (code !== 0) return { kind: 'refused', message: stderr };
  const documents = parseAllDocuments(stdout, { uniqueKeys: true });
  for (const document of documents) {
    if ('errors' in document && document.errors[0]) throw document.errors[0];
  }
  const objects = documents.flatMap((document) => {
    const value: unknown = document.toJSON();
    return value === null ? [] : [value as KubernetesObject];
  });
  return { kind: 'rendered', objects };
}

/** `helm lint --strict`; rejects with what it found. */
export async function lintChart(
  helm: string,
  chart: string,
  files: readonly string[],
): Promise<void> {
  const args = ['lint', '--strict', chart, ...files.flatMap((file) => ['-f', file])];
  const { code, stdout, stderr } = await run(
    helm,
    [...args, '--set', 'hostname=mx.example.com'],
    '',
  );
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
}

function run(
  program: string,
  args: readonly string[],
  stdin: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: TIMEOUT_MS });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.end(stdin);
  });
}
