import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { KubernetesObject } from './kubernetes-object.ts';

/** A resource of another operator that can check itself. */
type Model = new (object: KubernetesObject) => { validate(): void };

/** Where the models of the kinds that the chart can make are, in their packages. */
const FILES: Readonly<Record<string, string>> = {
  'keda.sh/v1alpha1 ScaledObject': 'keda/keda.sh/v1alpha1/ScaledObject.js',
  'monitoring.coreos.com/v1 PodMonitor':
    'prometheus-operator/monitoring.coreos.com/v1/PodMonitor.js',
  'monitoring.coreos.com/v1 PrometheusRule':
    'prometheus-operator/monitoring.coreos.com/v1/PrometheusRule.js',
  'gateway.networking.k8s.io/v1 HTTPRoute': 'gateway-api/gateway.networking.k8s.io/v1/HTTPRoute.js',
  'cert-manager.io/v1 Certificate': 'cert-manager/cert-manager.io/v1/Certificate.js',
};

/** Checks resources of other operators: kinds, bounds and required fields; an unknown field is not seen. */
export class ForeignModels {
  readonly #models: ReadonlyMap<string, Model>;

  private constructor(models: ReadonlyMap<string, Model>) {
    this.#models = models;
  }

  static async load(folder: string): Promise<ForeignModels> {
    const models = new Map<string, Model>();
    for (const [name, file] of Object.entries(FILES)) {
      const module = (await import(pathToFileURL(join(folder, file)).href)) as Record<
        string,
        Model
      >;
      const model = module[name.split(' ')[1] ?? ''];
      if (!model) throw new Error(`${file} holds no model of ${name}`);
      models.set(name, model);
    }
    return new ForeignModels(models);
  }

  /** Undefined for an object that is none of theirs. */
  problems(object: KubernetesObject): string[] | undefined {
    const model = this.#models.get(`${object.apiVersion} ${object.kind}`);
    if (!model) return undefined;
    try {
      new model(object).validate();
      return [];
    } catch (error) {
      return [`${object.kind} ${object.metadata.name}: ${(error as Error).message}`];
    }
  }
}
