/** A site in words: what begins with `?` is a domain whose MX hosts are not known yet. */
export function nameSite(site: string): { readonly name: string; readonly isUnresolved: boolean } {
  return site.startsWith('?')
    ? { name: site.slice(1), isUnresolved: true }
    : { name: site, isUnresolved: false };
}
