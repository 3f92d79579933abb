import { EXIT, redactConfig } from '@staffetta/platform';
import type { Command } from '../command.ts';
import { plainConfig, toYaml } from '../config-document.ts';

const check: Command = {
  name: 'config check',
  usage: '',
  summary: 'say whether the configuration can be used',
  positionals: [0, 0],
  async run({ config, output }) {
    config();
    output.result({ ok: true }, () => 'the configuration is good');
    return EXIT.done;
  },
};

const show: Command = {
  name: 'config show',
  usage: '',
  summary: 'print the configuration with every default in place',
  details: `Prints YAML that staffetta.yaml understands. database.url is that of the embedded PostgreSQL, with its password,
once that was started. Other secrets are hidden.`,
  positionals: [0, 0],
  async run({ config, output }) {
    const { findDatabaseUrl } = await import('@staffetta/composition-context');
    const effective = config();
    const url = await findDatabaseUrl(effective);
    const shown = redactConfig(effective);
    const document = plainConfig({ ...shown, database: { ...shown.database, url } });
    output.result(document, toYaml);
    return EXIT.done;
  },
};

/** Commands about the configuration. */
export const CONFIG_COMMANDS: readonly Command[] = [check, show];
