import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import type { Ajv as Validator, ValidateFunction } from 'ajv';
import { ForeignModels } from './foreign-models.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { KubernetesTools } from './kubernetes-tools.ts';

const DEFINITIONS = '_definitions.json';
/** What references in the schemas start at. */
const BASE = 'https://kubernetes.io/api/';

/**
 * Checks objects against the published schemas of Kubernetes, in which no unknown field is allowed, and those of other
 * operators against their models.
 */
export class ObjectSchemas {
  readonly #folder: string;
  readonly #ajv: Validator;
  readonly #foreign: ForeignModels;
  readonly #known = new Map<string, ValidateFunction>();

  private constructor(folder: string, foreign: ForeignModels) {
    this.#folder = folder;
    this.#foreign = foreign;
    this.#ajv = new Ajv({ unknownFormats: 'ignore', logger: false, jsonPointers: true });
    this.#ajv.addSchema({ ...this.#read(DEFINITIONS), $id: `${BASE}${DEFINITIONS}` });
  }

  static async load({ schemas, models }: KubernetesTools): Promise<ObjectSchemas> {
    return new ObjectSchemas(schemas, await ForeignModels.load(models));
  }

  /** What is wrong with the object, as `Kind name: where what`. */
  problems(object: KubernetesObject): string[] {
    const name = `${object.apiVersion} ${object.kind}`;
    const foreign = this.#foreign.problems(object);
    if (foreign) return foreign;
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
