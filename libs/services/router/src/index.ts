export { RouteFinder } from './route-finder.ts';
export type { RouteFinderOptions } from './route-finder.ts';
export { Router } from './router.ts';
export type { RouterOptions } from './router.ts';
