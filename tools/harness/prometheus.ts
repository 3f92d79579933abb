/** Debian's Prometheus with the rules that ship, scraping processes of Staffetta each second. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULE_FILES } from '../observe/queries.ts';
import { repository } from '../steps.ts';
import { freePort } from './free-ports.ts';
import { ServerProcess } from './server-process.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait.ts';

const START_TIMEOUT_MS = 30_000;

interface Answer<Data> {
  readonly status: string;
  readonly error?: string;
  readonly data?: Data;
}

export class Prometheus {
  readonly #url: string;
  readonly #server: ServerProcess;
  readonly #folder: ReturnType<typeof tempFolder>;

  private constructor(url: string, server: ServerProcess, folder: ReturnType<typeof tempFolder>) {
    this.#url = url;
    this.#server = server;
    this.#folder = folder;
  }

  static async start(telemetryPorts: readonly number[]): Promise<Prometheus> {
    const folder = tempFolder('prometheus');
    const data = join(folder.path, 'data');
    mkdirSync(data);
    const file = join(folder.path, 'prometheus.yaml');
    const targets = telemetryPorts.map((port) => `127.0.0.1:${port}`);
    const configuration = {
      global: { scrape_interval: '1s', evaluation_interval: '2s' },
      rule_files: RULE_FILES.map((name) => join(repository, 'ops/prometheus', name)),
      scrape_configs: [
        { job_name: 'staffetta', static_configs: [{ targets, labels: { namespace: 'mail' } }] },
      ],
    };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(configuration));
    const listen = `127.0.0.1:${await freePort()}`;
    const server = await ServerProcess.start({
      command: [
        'prometheus',
        `--config.file=${file}`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=${listen}`,
      ],
      logFile: join(folder.path, 'log'),
    });
    const prometheus = new Prometheus(`http://${listen}`, server, folder);
    await waitFor('Prometheus is ready', START_TIMEOUT_MS, () => prometheus.#isReady());
    return prometheus;
  }

  /** Whether the query finds something now; one that is not understood is an error. */
  async hasData(expr: string): Promise<boolean> {
    const data = await this.#ask<{ result: readonly unknown[] }>(
      `query?query=${encodeURIComponent(expr)}`,
    );
    return data.result.length > 0;
  }

  /** Names of the alerts that fire. */
  async firing(): Promise<readonly string[]> {
    const { alerts } = await this.#ask<{
      alerts: readonly { state: string; labels: { alertname: string } }[];
    }>('alerts');
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    this.#folder.stop();
  }

  async #ask<Data>(path: string): Promise<Data> {
    const reply = await fetch(`${this.#url}/api/v1/${path}`);
    const { status, data, error } = (await reply.json()) as Answer<Data>;
    assert.equal(status, 'success', `${path}: ${error}`);
    return data!;
  }

  async #isReady(): Promise<boolean> {
    if (this.#server.hasExited) throw new Error(this.#server.log());
    const reply = await fetch(`${this.#url}/-/ready`).catch(() => undefined);
    return reply?.status === 200;
  }
}
