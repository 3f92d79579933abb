import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import type { Ajv as Validator, ValidateFunction } from 'ajv';
import type { KubernetesObject } from './kubernetes-object.ts';

const DEFINITIONS = '_definitions.json';
/** What references in the schemas start at. */
const BASE = 'https://kubernetes.io/api/';

/** Kinds of other people's operators, whose schemas are not among Kubernetes' own. */
const FOREIGN: ReadonlySet<string> = new Set([
  'keda.sh/v1alpha1 ScaledObject',
  'monitoring.coreos.com/v1 PodMonitor',
  'gateway.networking.k8s.io/v1 HTTPRoute',
  'cert-manager.io/v1 Certificate',
]);

/** Checks objects against the published schemas of Kubernetes, in which no unknown field is allowed. */
export class ObjectSchemas {
  readonly #folder: string;
  readonly #ajv: Validator;
  readonly #known = new Map<string, ValidateFunction>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#ajv = new Ajv({ unknownFormats: 'ignore', logger: false, jsonPointers: true });
    this.#ajv.addSchema({ ...this.#read(DEFINITIONS), $id: `${BASE}${DEFINITIONS}` });
  }

  /** What is wrong with the object, as `Kind name: where what`. */
  problems(object: KubernetesObject): string[] {
    const name = `${object.apiVersion} ${object.kind}`;
    if (FOREIGN.has(name)) return [];
    const validate = this.#known.get(name) ?? this.#load(name, object);
    if (!validate) return [`${name}: there is no such kind`];
    if (validate(object) === true) return [];
    return (validate.errors ?? []).map(
      ({ dataPath, message, params }) =>
        `${object.kind} ${object.metadata.name}: ${dataPath} ${message} ${JSON.stringify(params)}`,
    );
  }

  #load(name: string, { apiVersion, kind }: KubernetesObject): ValidateFunction | undefined {
    const [group = '', version] = apiVersion.includes('/')
      ? apiVersion.split('/')
      : ['', apiVersion];
    const words = [kind, group.split('.')[0] ?? '', version].filter((word) => word !== '');
    const file = `${words.join('-').toLowerCase()}.json`;
    if (!existsSync(join(this.#folder, file))) return undefined;
    const validate = this.#ajv.compile(this.#read(file));
    this.#known.set(name, validate);
    return validate;
  }

  #read(file: string): object {
    const schema = JSON.parse(readFileSync(join(this.#folder, file), 'utf8')) as object;
    // They name draft 2020-12 and use nothing of it that draft 7 does not have.
    return { ...schema, $schema: undefined };
  }
}
