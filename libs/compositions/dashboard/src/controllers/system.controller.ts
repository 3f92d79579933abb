import { Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import type { AuditEntry, Instance, OperatorEntry, PartHealth } from '@staffetta/core';
import { assessHealth } from '@staffetta/service-admin';
import { z } from 'zod';
import { ADMIN_PARTS } from '../admin-parts.ts';
import type { AdminParts } from '../admin-parts.ts';
import { Caller, Needs } from '../http/access.ts';
import { ZodPipe } from '../http/zod-pipe.ts';

const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** A process, as it is told to operators. */
type InstanceView = Omit<Instance, 'report' | 'grpc' | 'telemetryPort'>;

/** What runs, and the end of it. */
@Controller()
@Needs('viewer')
export class SystemController {
  readonly #parts: AdminParts;

  constructor(@Inject(ADMIN_PARTS) parts: AdminParts) {
    this.#parts = parts;
  }

  @Get('status')
  async status(): Promise<{
    version: string;
    ready: boolean;
    instances: readonly InstanceView[];
    health: readonly PartHealth[];
  }> {
    const instances = await this.#parts.cluster.instances();
    const health = assessHealth(instances, await this.#parts.cluster.lanes());
    const alive = instances.filter((instance) => instance.alive);
    const ready = alive.length > 0 && alive.every((instance) => instance.ready);
    return { version: this.#parts.version, ready, instances: instances.map(viewOf), health };
  }

  @Get('audit')
  @Needs('operator')
  audit(
    @Query(new ZodPipe(auditQuery)) { limit }: z.output<typeof auditQuery>,
  ): Promise<readonly AuditEntry[]> {
    return this.#parts.sessions.auditLog(limit);
  }

  /** Answers with the processes that now drain; this one begins once the answer is on its way. */
  @Post('stop')
  @HttpCode(202)
  @Needs('admin')
  async stop(@Caller() { name }: OperatorEntry): Promise<{ instances: readonly InstanceView[] }> {
    const instances = (await this.#parts.cluster.instances()).filter(({ alive }) => alive);
    await this.#parts.sessions.audit(name, 'system.stop', '', {});
    await this.#parts.cluster.requestStop();
    setImmediate(this.#parts.requestStop);
    return { instances: instances.map(viewOf) };
  }
}

function viewOf(instance: Instance): InstanceView {
  const { id, services, host, pid, version, startedAtMs, heartbeatAtMs } = instance;
  const { alive, ready, directoryVersion } = instance;
  return {
    id,
    services,
    host,
    pid,
    version,
    startedAtMs,
    heartbeatAtMs,
    alive,
    ready,
    directoryVersion,
  };
}
