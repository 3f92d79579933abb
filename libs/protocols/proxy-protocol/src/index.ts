export { parseProxyHeader } from './parse-proxy-header.ts';
export type { ProxyHeader } from './parse-proxy-header.ts';
