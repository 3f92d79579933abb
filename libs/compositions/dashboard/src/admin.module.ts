import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ADMIN_PARTS } from './admin-parts.ts';
import type { AdminParts } from './admin-parts.ts';
import { ClusterController } from './controllers/cluster.controller.ts';
import { DirectoryController } from './controllers/directory.controller.ts';
import { LiveController } from './controllers/live.controller.ts';
import { MailController } from './controllers/mail.controller.ts';
import { SessionController } from './controllers/session.controller.ts';
import { SystemController } from './controllers/system.controller.ts';

/** The admin API. */
@Module({})
export class AdminModule {
  static with(parts: AdminParts): DynamicModule {
    return {
      module: AdminModule,
      providers: [{ provide: ADMIN_PARTS, useValue: parts }],
      controllers: [
        SessionController,
        DirectoryController,
        MailController,
        SystemController,
        ClusterController,
        LiveController,
      ],
    };
  }
}
