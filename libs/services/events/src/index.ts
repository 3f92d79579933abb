export { EventRecorder } from './event-recorder.ts';
export type { EventRecorderOptions } from './event-recorder.ts';
export { MailWatch } from './mail-watch.ts';
export type { MailSight, MailWatchOptions } from './mail-watch.ts';
