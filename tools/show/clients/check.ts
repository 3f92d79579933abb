import type { House } from '../../harness/house.ts';

/** What one client does with it; throws when something is not as it should be. Its name says what. */
export type Check = (house: House) => Promise<void>;
