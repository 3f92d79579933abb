import { EXIT } from '@staffetta/platform';
import { UsageError, textOption } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { formatTable } from '../output.ts';

interface Change {
  readonly id: string;
  readonly changed: boolean;
  readonly inForce: boolean;
  readonly key?: string;
}

const TENANT_OPTION = { tenant: { type: 'string' } } as const;
const TENANT_HELP = ['--tenant T', 'the tenant it belongs to (default: default)'] as const;
const PASSWORD_OPTION = { 'password-stdin': { type: 'boolean' } } as const;
const PASSWORD_HELP = [
  '--password-stdin',
  "the password is stdin's first line, without its line end",
] as const;

const tenantAdd: Command = {
  name: 'tenant add',
  usage: 'NAME',
  summary: 'add a tenant: somebody to whom domains, accounts and keys belong',
  positionals: [1, 1],
  async run(context) {
    const name = word(context, 0);
    return added(context, 'tenants', { name }, `tenant ${name}`);
  },
};

const operatorAdd: Command = {
  name: 'operator add',
  usage: 'NAME --role viewer|operator|admin --password-stdin',
  summary: 'add somebody who may use the dashboard',
  details:
    'A viewer looks, an operator also acts on queues and messages, an admin changes everything.',
  options: { role: { type: 'string' }, ...PASSWORD_OPTION },
  optionHelp: [['--role ROLE', 'viewer, operator or admin'], PASSWORD_HELP],
  positionals: [1, 1],
  async run(context) {
    const name = word(context, 0);
    const role = oneOf(context, 'role', ['viewer', 'operator', 'admin']);
    if (role === undefined) throw new UsageError('--role is missing: viewer, operator or admin');
    const password = await passwordOf(context);
    return added(context, 'operators', { name, role, password }, `operator ${name}`);
  },
};

const domainAdd: Command = {
  name: 'domain add',
  usage: 'NAME --local | --relay [--next-hop HOST[:PORT]] [--tenant T]',
  summary: 'take mail for a domain',
  details: `A local domain has its accounts and aliases here. For a relay domain the MX door takes any recipient; the mail
goes to the next hop, else to those of the domain's MX hosts that stand before us.`,
  options: {
    local: { type: 'boolean' },
    relay: { type: 'boolean' },
    'next-hop': { type: 'string' },
    ...TENANT_OPTION,
  },
  optionHelp: [
    ['--local', 'accounts and aliases live here'],
    ['--relay', 'its mail goes on to another server'],
    ['--next-hop HOST[:PORT]', 'that server; without it, by MX'],
    TENANT_HELP,
  ],
  positionals: [1, 1],
  async run(context) {
    const name = word(context, 0);
    const { local, relay } = context.options;
    if (Boolean(local) === Boolean(relay)) throw new UsageError('give either --local or --relay');
    const body = {
      name,
      kind: local ? 'local' : 'relay',
      nextHop: textOption(context.options, 'next-hop'),
      tenant: textOption(context.options, 'tenant'),
    };
    return added(context, 'domains', body, `domain ${name}`);
  },
};

const accountAdd: Command = {
  name: 'account add',
  usage: 'USER@DOMAIN --password-stdin',
  summary: 'add a mailbox, with its password for SMTP, IMAP and POP3',
  options: PASSWORD_OPTION,
  optionHelp: [PASSWORD_HELP],
  positionals: [1, 1],
  async run(context) {
    const address = word(context, 0);
    const password = await passwordOf(context);
    return added(context, 'accounts', { address, password }, `account ${address}`);
  },
};

const aliasAdd: Command = {
  name: 'alias add',
  usage: 'FROM TO...',
  summary: 'let an address stand for others',
  details: 'The targets are addresses of our own domains.',
  positionals: [2, 1_001],
  async run(context) {
    const address = word(context, 0);
    const targets = context.positionals.slice(1);
    return added(context, 'aliases', { address, targets }, `alias ${address}`);
  },
};

const credentialAdd: Command = {
  name: 'credential add',
  usage: 'NAME [--tenant T] [--class bulk] --password-stdin',
  summary: 'let a program submit mail for all domains of a tenant',
  details: 'Mail of class bulk stands behind all other mail.',
  options: { class: { type: 'string' }, ...TENANT_OPTION, ...PASSWORD_OPTION },
  optionHelp: [TENANT_HELP, ['--class bulk', 'what it submits is bulk mail'], PASSWORD_HELP],
  positionals: [1, 1],
  async run(context) {
    const name = word(context, 0);
    const body = {
      name,
      tenant: textOption(context.options, 'tenant'),
      class: oneOf(context, 'class', ['bulk', 'normal']),
      password: await passwordOf(context),
    };
    return added(context, 'credentials', body, `credential ${name}`);
  },
};

const apikeyAdd: Command = {
  name: 'apikey add',
  usage: 'NAME [--tenant T]',
  summary: 'make a key for the HTTP email API',
  details: 'Prints { "id", "key" } as JSON. The key is shown only once: its hash alone is kept.',
  options: TENANT_OPTION,
  optionHelp: [TENANT_HELP],
  positionals: [1, 1],
  async run(context) {
    const name = word(context, 0);
    const tenant = textOption(context.options, 'tenant');
    const change = await context.admin().post<Change>('apikeys', { name, tenant });
    const shown = { id: change.id, ...(change.key === undefined ? {} : { key: change.key }) };
    context.output.result(shown, (value) => JSON.stringify(value));
    if (change.key === undefined) {
      context.output.note(`${name} was there already; its key was shown when it was made`);
    }
    warnIfLate(context, change);
    return EXIT.done;
  },
};

const adders = [tenantAdd, domainAdd, accountAdd, aliasAdd, credentialAdd, apikeyAdd, operatorAdd];

const lists: readonly Command[] = [
  listCommand('tenant', 'tenants', 'id', ['NAME'], (row) => [row['id']]),
  listCommand('domain', 'domains', 'name', ['DOMAIN', 'KIND', 'NEXT HOP', 'TENANT'], (row) => [
    row['name'],
    row['kind'],
    row['nextHop'],
    row['tenantId'],
  ]),
  listCommand('account', 'accounts', 'address', ['ADDRESS', 'TENANT', 'ID'], (row) => [
    row['address'],
    row['tenantId'],
    row['id'],
  ]),
  listCommand('alias', 'aliases', 'address', ['ADDRESS', 'TENANT', 'TARGETS'], (row) => [
    row['address'],
    row['tenantId'],
    (row['targets'] as readonly string[]).join(' '),
  ]),
  listCommand('credential', 'credentials', 'name', ['NAME', 'CLASS', 'TENANT'], (row) => [
    row['name'],
    row['bulk'] ? 'bulk' : 'normal',
    row['tenantId'],
  ]),
  listCommand('apikey', 'apikeys', 'id', ['NAME', 'TENANT', 'ID'], (row) => [
    row['name'],
    row['tenantId'],
    row['id'],
  ]),
  listCommand('operator', 'operators', 'name', ['NAME', 'ROLE'], (row) => [
    row['name'],
    row['role'],
  ]),
];

const removers: readonly Command[] = [
  removeCommand('domain', 'NAME', 'take no more mail for a domain without accounts and aliases'),
  removeCommand('alias', 'ADDRESS', 'remove an alias'),
  removeCommand('credential', 'NAME', 'remove a credential'),
  removeCommand('apikey', 'ID', 'make an API key invalid'),
  removeCommand('operator', 'NAME', 'remove an operator, and end their sessions'),
];

/** Commands about tenants, domains, accounts, aliases, credentials, API keys and operators. */
export const DIRECTORY_COMMANDS: readonly Command[] = adders.flatMap((adder) => {
  const noun = adder.name.split(' ')[0] ?? '';
  const others = [...lists, ...removers].filter(({ name }) => name.split(' ')[0] === noun);
  return [adder, ...others];
});

function listCommand(
  noun: string,
  path: string,
  cursor: string,
  head: readonly string[],
  cells: (row: Readonly<Record<string, unknown>>) => readonly unknown[],
): Command {
  return {
    name: `${noun} list`,
    usage: '',
    summary: `list ${path === 'apikeys' ? 'API keys' : path}`,
    positionals: [0, 0],
    async run({ admin, output }) {
      const rows = await admin().all<Readonly<Record<string, unknown>>>(path, (row) =>
        String(row[cursor]),
      );
      output.result(rows, (all) =>
        formatTable(
          head,
          all.map((row) => cells(row).map(String)),
        ),
      );
      return EXIT.done;
    },
  };
}

function removeCommand(noun: string, usage: string, summary: string): Command {
  return {
    name: `${noun} remove`,
    usage,
    summary,
    positionals: [1, 1],
    async run(context) {
      const name = word(context, 0);
      const path = `entries/${noun}/${encodeURIComponent(name)}`;
      const change = await context.admin().delete<Change>(path);
      context.output.result(change, () => `removed ${noun} ${name}`);
      warnIfLate(context, change);
      return EXIT.done;
    },
  };
}

async function added(
  context: CommandContext,
  path: string,
  body: object,
  what: string,
): Promise<number> {
  const change = await context.admin().post<Change>(path, body);
  context.output.result(change, ({ changed }) =>
    changed ? `added ${what}` : `${what} was there already, with the same settings`,
  );
  warnIfLate(context, change);
  return EXIT.done;
}

function warnIfLate({ output }: CommandContext, { inForce }: Change): void {
  if (inForce) return;
  output.note('saved, but a process has not said yet that it works with it (see staffetta status)');
}

function word({ positionals }: CommandContext, index: number): string {
  return positionals[index] ?? '';
}

function oneOf(
  { options }: CommandContext,
  name: string,
  words: readonly string[],
): string | undefined {
  const value = textOption(options, name);
  if (value === undefined || words.includes(value)) return value;
  throw new UsageError(`--${name} is one of ${words.join(', ')}, not "${value}"`);
}

async function passwordOf({ options, readPassword }: CommandContext): Promise<string> {
  if (!options['password-stdin']) {
    throw new UsageError('give the password on stdin, with --password-stdin');
  }
  const password = await readPassword();
  if (password === '') throw new UsageError('the first line of stdin is empty: no password');
  return password;
}
