import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { API_PARTS } from './api-parts.ts';
import type { ApiParts } from './api-parts.ts';
import { TransmissionsController } from './transmissions.controller.ts';

/** The email API. */
@Module({})
export class ApiModule {
  static with(parts: ApiParts): DynamicModule {
    return {
      module: ApiModule,
      providers: [{ provide: API_PARTS, useValue: parts }],
      controllers: [TransmissionsController],
    };
  }
}
