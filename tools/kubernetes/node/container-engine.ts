/** Debian's buildah and podman, with images and containers in a folder of their own, as root. */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mustRun, runProgram } from '../../harness/run-program.ts';
import type { ProgramResult } from '../../harness/run-program.ts';
import { tempFolder } from '../../harness/temp-folder.ts';
import type { TempFolder } from '../../harness/temp-folder.ts';

const TIMEOUT_MS = 15 * 60_000;
/** Debian's crun does not run where control groups are of the first version; limits are those a container may have. */
const CONTAINERS = `[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
`;

export class ContainerEngine {
  readonly #folder: TempFolder = tempFolder('engine');
  readonly #settings: readonly string[];

  constructor() {
    const { path } = this.#folder;
    const storage = `[storage]\ndriver = "overlay"\ngraphroot = "${path}/root"\nrunroot = "${path}/run"\n`;
    writeFileSync(join(path, 'containers.conf'), CONTAINERS);
    writeFileSync(join(path, 'storage.conf'), storage);
    this.#settings = [
      `CONTAINERS_CONF=${path}/containers.conf`,
      `CONTAINERS_STORAGE_CONF=${path}/storage.conf`,
    ];
  }

  run(command: readonly string[]): Promise<ProgramResult> {
    return runProgram(['env', ...this.#settings, ...command], '', TIMEOUT_MS);
  }

  /** Throws what it said when it does not end with 0. */
  must(command: readonly string[]): Promise<string> {
    return mustRun(['env', ...this.#settings, ...command], '', TIMEOUT_MS);
  }

  /** An image of the files in an archive. */
  async import(archive: string, name: string, changes: readonly string[]): Promise<void> {
    const options = changes.flatMap((change) => ['--change', change]);
    await this.must(['podman', 'import', '-q', ...options, archive, name]);
  }

  /** An image of one program, which it starts. */
  async importProgram(program: string, name: string): Promise<void> {
    const folder = tempFolder('image');
    try {
      const archive = join(folder.path, 'image.tar');
      const file = basename(program);
      await mustRun(['tar', '-C', dirname(program), '-cf', archive, file]);
      await this.import(archive, name, [`ENTRYPOINT ["/${file}"]`]);
    } finally {
      folder.stop();
    }
  }

  /** Builds a Dockerfile of a folder; no base image is fetched. */
  async build(folder: string, dockerfile: string, name: string): Promise<void> {
    const options = ['--pull-never', '--isolation', 'chroot', '--network', 'host'];
    await this.must(['buildah', 'bud', ...options, '-f', dockerfile, '-t', name, folder]);
  }

  /** Writes an image for another engine. */
  async save(name: string, archive: string): Promise<void> {
    await this.must(['podman', 'save', '-q', '--format', 'oci-archive', '-o', archive, name]);
  }

  /** Of all its layers. */
  async sizeBytes(name: string): Promise<number> {
    return Number(await this.must(['podman', 'image', 'inspect', '--format', '{{.Size}}', name]));
  }

  /** All images and containers go. */
  async stop(): Promise<void> {
    await this.run(['podman', 'rm', '--all', '--force', '--volumes']);
    await this.run(['umount', '--lazy', join(this.#folder.path, 'root', 'overlay')]);
    this.#folder.stop();
  }
}
