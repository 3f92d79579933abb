export { createApi } from './create-api.ts';
export { createApiServer } from './create-api-server.ts';
export type { ApiMetrics, ApiServer, ApiServerOptions } from './create-api-server.ts';
