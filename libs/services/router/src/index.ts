export { Router } from './router.ts';
export type { RouterOptions } from './router.ts';
