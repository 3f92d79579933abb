import { z } from 'zod';
import { FIELDS } from './fields.ts';
import { configSchema } from './schema.ts';

/** The reference of all keys as Markdown, written to docs/reference/config.md. */
export function describeConfig(): string {
  const sections = new Map<string, string[]>();
  for (const field of FIELDS) {
    const section = field.path.length === 1 ? '' : (field.path[0] ?? '');
    const lines = sections.get(section) ?? [];
    lines.push(
      `| \`${field.key}\` | \`${field.variable}\` | ${field.defaultText} | ${field.description} |`,
    );
    sections.set(section, lines);
  }
  return [INTRODUCTION, ...[...sections].map(([name, lines]) => table(name, lines))].join('\n');
}

/** The JSON schema of staffetta.yaml, for editors and for the chart's values. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input', reused: 'inline' });
}

const INTRODUCTION = `# Configuration

Generated from the schema in \`libs/platform/src/config\` by \`tools/config-reference.ts\`; do not edit.

Keys stand in \`staffetta.yaml\` in the working directory, or in the file that \`STAFFETTA_CONFIG\` names. Each key is also
an environment variable, which wins. Lists have commas between their parts; booleans are \`true\` or \`false\`; port 0 turns
a door off; relative paths start at the working directory. An unknown key or a wrong value stops the start with a message
that names it (exit 2). \`STAFFETTA_CONFIG\` and variables that begin with \`STAFFETTA_TEST_\` are not keys.
`;

function table(name: string, lines: readonly string[]): string {
  return [
    `## ${name === '' ? 'The process' : name}`,
    '',
    '| key | variable | default | |',
    '|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
