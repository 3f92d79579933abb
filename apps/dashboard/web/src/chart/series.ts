import type { Outcomes } from '../api/documents.ts';

/** A line of the chart. */
export interface Series {
  readonly key: keyof Outcomes;
  readonly label: string;
  /** What is counted, in a sentence. */
  readonly meaning: string;
  /** Told apart with any colour vision, and 3:1 against the background of each scheme. */
  readonly color: { readonly light: string; readonly dark: string };
  /** Dash and gap in pixels, so that colour is not all that tells lines apart; empty for a whole line. */
  readonly dash: readonly number[];
}

/** The four outcomes, in the order in which they are shown. */
export const SERIES: readonly Series[] = [
  {
    key: 'accepted',
    label: 'Accepted',
    meaning: 'Recipients of messages that were taken in',
    color: { light: '#2b62d9', dark: '#79a8ff' },
    dash: [],
  },
  {
    key: 'delivered',
    label: 'Delivered',
    meaning: 'Recipients whose server, or mailbox here, took the message',
    color: { light: '#00806a', dark: '#35d0ac' },
    dash: [],
  },
  {
    key: 'deferred',
    label: 'Deferred',
    meaning: 'Attempts that failed for now and will be made again',
    color: { light: '#a85b00', dark: '#ffb347' },
    dash: [6, 4],
  },
  {
    key: 'bounced',
    label: 'Bounced',
    meaning: 'Recipients that were refused for good',
    color: { light: '#b3125f', dark: '#ff7fb2' },
    dash: [2, 3],
  },
];
