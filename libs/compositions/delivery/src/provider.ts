/** Large mailbox providers by where their mail hosts stand; as a label, never the name of a site itself. */
const PROVIDERS: readonly (readonly [RegExp, string])[] = [
  [/(^|[.)])(google|googlemail)[.]com$/, 'google'],
  [/(^|[.)])(outlook|hotmail)[.]com$/, 'microsoft'],
  [/(^|[.)])(yahoodns[.]net|yahoo[.]com)$/, 'yahoo'],
  [/(^|[.)])(icloud|apple)[.]com$/, 'apple'],
  [/(^|[.)])(gmx[.]net|web[.]de|kundenserver[.]de)$/, 'ionos'],
  [/(^|[.)])pphosted[.]com$/, 'proofpoint'],
  [/(^|[.)])mimecast[.]com$/, 'mimecast'],
];

/** Every provider that `providerOf` may name. */
export const PROVIDER_NAMES: readonly string[] = [...PROVIDERS.map(([, name]) => name), 'other'];

/** The provider of a site, `other` where it is none of the large ones. */
export function providerOf(site: string): string {
  return PROVIDERS.find(([pattern]) => pattern.test(site))?.[1] ?? 'other';
}
