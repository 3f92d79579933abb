export { DnsMxResolver } from './mx-resolver.ts';
export type { DnsMxResolverOptions } from './mx-resolver.ts';
export { siteName, SITE_NAME_LENGTH_MAX } from './site-name.ts';
export type { SiteHost } from './site-name.ts';
