export { errorAnswer, UNAUTHORIZED } from './api-error.ts';
export type { ApiAnswer, ApiError, ApiErrorCode } from './api-error.ts';
export { Transmissions } from './transmissions.ts';
export type { ApiClient, TransmissionsOptions } from './transmissions.ts';
