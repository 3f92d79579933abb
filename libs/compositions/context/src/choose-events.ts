import type { EventsView } from '@staffetta/core';
import { EVENTS_METHODS, GrpcEventsView } from '@staffetta/events-grpc';
import type { Context } from './context.ts';
import { ServiceChannel } from './service-channel.ts';

/** The events service: direct calls where it is in this process, else by gRPC. */
export async function chooseEvents(context: Context): Promise<EventsView> {
  const { events } = context.local;
  if (events) return events;
  const line = new ServiceChannel(context.surroundings, 'events', EVENTS_METHODS);
  const view = new GrpcEventsView(line.channel);
  await context.addChoice({
    look: () => line.look(),
    close: () => {
      view.close();
      line.close();
    },
  });
  return view;
}
