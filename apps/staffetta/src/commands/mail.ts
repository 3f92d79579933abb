import { EXIT } from '@staffetta/platform';
import type { Command } from '../command.ts';
import { textOption } from '../command.ts';
import { formatFields, formatTable, formatTime } from '../output.ts';
import { formatMessage } from '../format-message.ts';
import type { MessageDocument } from '../format-message.ts';

interface Queue {
  readonly site: string;
  readonly scheduled: number;
  readonly ready: number;
  readonly connections?: number;
  readonly onWire?: number;
  readonly restUntilMs?: number;
  readonly oldestAcceptedAtMs?: number;
  readonly nextDueAtMs?: number;
  readonly lastReply: string;
}

interface Summary {
  readonly messageId: string;
  readonly acceptedAtMs: number;
  readonly reversePath: string;
  readonly subject: string;
  readonly recipients: number;
  readonly state: string;
}

interface LedgerCheck {
  readonly balanced: boolean;
  readonly begun: number;
  readonly ended: number;
  readonly waiting: number;
  readonly difference: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly lines: readonly {
    readonly tenantId: string;
    readonly hourMs: number;
    readonly waiting: number;
    readonly difference: number;
  }[];
  readonly messageIds: readonly string[];
}

const REPLY_WIDTH = 60;

const queueList: Command = {
  name: 'queue list',
  usage: '[--limit N]',
  summary: 'show what waits, by site',
  details: 'A site is all domains that are served by the same set of MX hosts.',
  options: { limit: { type: 'string' } },
  optionHelp: [['--limit N', 'the N longest queues (default: 1000)']],
  positionals: [0, 0],
  async run({ admin, output, options }) {
    const limit = textOption(options, 'limit') ?? '1000';
    output.result(await admin().get<readonly Queue[]>('queues', { limit }), (queues) =>
      queues.length === 0
        ? 'nothing waits'
        : formatTable(
            ['SITE', 'SCHEDULED', 'READY', 'OLDEST', 'NEXT ATTEMPT', 'LAST REPLY'],
            queues.map((queue) => [
              queue.site,
              queue.scheduled,
              queue.ready,
              formatTime(queue.oldestAcceptedAtMs),
              formatTime(queue.nextDueAtMs),
              shorten(queue.lastReply),
            ]),
          ),
    );
    return EXIT.done;
  },
};

const queueShow: Command = {
  name: 'queue show',
  usage: 'SITE',
  summary: 'show what waits for one site',
  positionals: [1, 1],
  async run({ admin, output, positionals }) {
    const site = encodeURIComponent(positionals[0] ?? '');
    output.result(await admin().get<Queue>(`queues/${site}`), (queue) =>
      formatFields([
        ['site', queue.site],
        ['scheduled recipients', queue.scheduled],
        ['messages ready', queue.ready],
        ['messages on the wire', queue.onWire ?? '-'],
        ['connections', queue.connections ?? '-'],
        ['rests until', formatTime(queue.restUntilMs)],
        ['oldest accepted', formatTime(queue.oldestAcceptedAtMs)],
        ['next attempt', formatTime(queue.nextDueAtMs)],
        ['last reply', queue.lastReply || '-'],
      ]),
    );
    return EXIT.done;
  },
};

const messageShow: Command = {
  name: 'message show',
  usage: 'ID',
  summary: 'show the whole way of a message, with each remote reply',
  positionals: [1, 1],
  async run({ admin, output, positionals }) {
    const id = encodeURIComponent(positionals[0] ?? '');
    output.result(await admin().get<MessageDocument>(`messages/${id}`), formatMessage);
    return EXIT.done;
  },
};

const messageList: Command = {
  name: 'message list',
  usage: '[--state STATE] [--site SITE] [--tenant T] [--before ID] [--limit N]',
  summary: 'list messages, newest first',
  options: {
    state: { type: 'string' },
    site: { type: 'string' },
    tenant: { type: 'string' },
    before: { type: 'string' },
    limit: { type: 'string' },
  },
  optionHelp: [
    ['--state STATE', 'type of its latest event: accepted, delivered, deferred, bounced, ...'],
    ['--site SITE', 'only what went or goes to that site'],
    ['--tenant T', 'only that of a tenant'],
    ['--before ID', 'only older ones than this message: the next page'],
    ['--limit N', 'at most so many, up to 500 (default: 50)'],
  ],
  positionals: [0, 0],
  async run({ admin, output, options }) {
    const query = Object.fromEntries(
      ['state', 'site', 'tenant', 'before', 'limit'].flatMap((name) => {
        const value = textOption(options, name);
        return value === undefined ? [] : [[name, value] as const];
      }),
    );
    output.result(await admin().get<readonly Summary[]>('messages', query), (messages) =>
      messages.length === 0
        ? 'no such messages'
        : formatTable(
            ['MESSAGE', 'ACCEPTED', 'STATE', 'RECIPIENTS', 'FROM', 'SUBJECT'],
            messages.map((message) => [
              message.messageId,
              formatTime(message.acceptedAtMs),
              message.state,
              message.recipients,
              `<${message.reversePath}>`,
              shorten(message.subject),
            ]),
          ),
    );
    return EXIT.done;
  },
};

const ledgerCheck: Command = {
  name: 'ledger check',
  usage: '',
  summary: 'check that every recipient of every message is accounted for',
  details: 'Exit 1 where the ledger does not balance; the first message ids that do not are named.',
  positionals: [0, 0],
  async run({ admin, output }) {
    const check = await admin().get<LedgerCheck>('ledger');
    output.result(check, formatLedger);
    return check.balanced ? EXIT.done : EXIT.failed;
  },
};

/** Commands about queues, messages and the ledger. */
export const MAIL_COMMANDS: readonly Command[] = [
  queueList,
  queueShow,
  messageShow,
  messageList,
  ledgerCheck,
];

function formatLedger(check: LedgerCheck): string {
  const counts = Object.entries(check.counts).sort(([a], [b]) => a.localeCompare(b));
  const parts = [
    check.balanced ? 'the ledger balances' : 'THE LEDGER DOES NOT BALANCE',
    formatFields([
      ...counts,
      ['waiting', check.waiting],
      ['difference', `${check.difference} (${check.begun} begun, ${check.ended} ended)`],
    ]),
  ];
  if (check.lines.length > 0) {
    parts.push(
      formatTable(
        ['TENANT', 'HOUR', 'WAITING', 'DIFFERENCE'],
        check.lines.map((line) => [
          line.tenantId,
          formatTime(line.hourMs),
          line.waiting,
          line.difference,
        ]),
      ),
    );
  }
  if (check.messageIds.length > 0) parts.push(`first of them:\n${check.messageIds.join('\n')}`);
  return parts.join('\n\n');
}

function shorten(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line.length <= REPLY_WIDTH ? line : `${line.slice(0, REPLY_WIDTH - 1)}…`;
}
