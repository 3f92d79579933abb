/** The image is what the chart takes it for; it is read, not built. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { repository } from '../steps.ts';

const USER = '10001';
const stages = readFileSync(`${repository}/ops/image/Dockerfile`, 'utf8')
  .split(/^FROM /m)
  .slice(1);
const last = stages.at(-1) ?? '';
const templates = `${repository}/charts/staffetta/templates`;
const podTemplate = readFileSync(`${templates}/_pod.tpl`, 'utf8');

test('it has two stages, from the Node that this repository pins', () => {
  const { devDependencies } = JSON.parse(readFileSync(`${repository}/package.json`, 'utf8')) as {
    devDependencies: { node: string };
  };
  assert.equal(stages.length, 2);
  for (const stage of stages) assert.ok(stage.startsWith(`node:${devDependencies.node}-`), stage);
});

test('it runs as a user with a name, the one of the chart', () => {
  assert.match(last, new RegExp(`^USER ${USER}:${USER}$`, 'm'));
  assert.match(last, new RegExp(`staffetta:x:${USER}:${USER}:[^']*' >> /etc/passwd`));
  assert.match(podTemplate, new RegExp(`runAsUser: ${USER}\n`));
});

test('its entry point is node with the command line, which the chart gives arguments', () => {
  const [, entry = '[]'] = /^ENTRYPOINT (.*)$/m.exec(last) ?? [];
  const [program, script = ''] = JSON.parse(entry) as string[];
  assert.equal(program, 'node');
  assert.ok(existsSync(script.replace('/app', repository)), script);
  assert.match(podTemplate, /^ {4}args: /m);
  assert.doesNotMatch(podTemplate, /^ {4}command: /m);
});

test('nothing of a machine or of an earlier build goes into it', () => {
  const left = readFileSync(`${repository}/.dockerignore`, 'utf8').split('\n');
  for (const name of ['.git', '**/node_modules', '**/dist', '**/data']) {
    assert.ok(left.includes(name), name);
  }
});
