import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { Handover } from '@staffetta/core';
import type { ClusterSnapshot } from '@staffetta/service-admin';
import { z } from 'zod';
import { ADMIN_PARTS } from '../admin-parts.ts';
import type { AdminParts } from '../admin-parts.ts';
import { Needs } from '../http/access.ts';
import { ZodPipe } from '../http/zod-pipe.ts';

const handoverQuery = z.strictObject({
  /** The id of the last one of the page before. */
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** Processes, lanes, lag, what is wrong with them, and who handed lanes over to whom. */
@Controller('cluster')
@Needs('viewer')
export class ClusterController {
  readonly #parts: AdminParts;

  constructor(@Inject(ADMIN_PARTS) parts: AdminParts) {
    this.#parts = parts;
  }

  @Get()
  show(): Promise<ClusterSnapshot> {
    return this.#parts.clusterDesk.snapshot();
  }

  /** The newest first. */
  @Get('handovers')
  handovers(
    @Query(new ZodPipe(handoverQuery)) { before, limit }: z.output<typeof handoverQuery>,
  ): Promise<readonly Handover[]> {
    return this.#parts.cluster.handovers({
      limit,
      ...(before === undefined ? {} : { beforeId: before }),
    });
  }
}
