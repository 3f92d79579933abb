export { MailWatch } from './mail-watch.ts';
export type { MailSight, MailWatchOptions } from './mail-watch.ts';
