export { EventRecorder } from './event-recorder.ts';
export type { EventRecorderOptions } from './event-recorder.ts';
export { EventsDesk } from './events-desk.ts';
export { FigureFeed } from './figure-feed.ts';
export type { FigureSources } from './figure-feed.ts';
export { MailWatch } from './mail-watch.ts';
export type { MailSight, MailWatchOptions } from './mail-watch.ts';
