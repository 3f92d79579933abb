import type { Transmissions } from '@staffetta/service-api';

/** What the controllers work with. */
export interface ApiParts {
  readonly transmissions: Transmissions;
  /** False while the disk is too full. */
  readonly acceptsMail: () => boolean;
}

/** The name by which ApiParts are injected. */
export const API_PARTS = Symbol('API_PARTS');
