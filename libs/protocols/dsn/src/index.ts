export { buildDsn } from './report.ts';
export type { DsnAction, DsnInput, ReportedRecipient } from './report.ts';
export { notifySender, returnsFull, wantsNotification } from './notify.ts';
export type { Notification, NotifiedRecipient, NotifyContext } from './notify.ts';
