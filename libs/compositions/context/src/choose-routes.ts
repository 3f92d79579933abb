import type { Routes } from '@staffetta/core';
import { GrpcRoutes, ROUTER_METHODS } from '@staffetta/router-grpc';
import type { Context } from './context.ts';
import { ServiceChannel } from './service-channel.ts';

/** The router's answers: direct calls where it is in this process, else by gRPC. */
export async function chooseRoutes(context: Context): Promise<Routes> {
  const { routes } = context.local;
  if (routes) return routes;
  const line = new ServiceChannel(context.surroundings, 'router', ROUTER_METHODS);
  await context.addChoice({ look: () => line.look(), close: () => line.close() });
  return new GrpcRoutes(line.channel);
}
