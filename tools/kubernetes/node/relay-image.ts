/** The image of what is committed, built by a real engine, and tried there by itself. */
import { join } from 'node:path';
import { mustRun } from '../../harness/run-program.ts';
import { tempFolder } from '../../harness/temp-folder.ts';
import type { TempFolder } from '../../harness/temp-folder.ts';
import { repository } from '../../steps.ts';
import { ContainerEngine } from './container-engine.ts';
import { tryImage } from './image-trial.ts';
import type { ImageTrial } from './image-trial.ts';
import { PAUSE_IMAGE } from './node-settings.ts';
import { addStandInBase } from './stand-in-base.ts';

/** As a node knows the chart's default. */
export const IMAGE = 'docker.io/library/staffetta';
export const TAG = '0.1.0';
/** The same image by another name, for an upgrade in which every pod is replaced. */
export const NEXT_TAG = `${TAG}-next`;

export interface BuiltImage {
  readonly buildSeconds: number;
  readonly sizeMegabytes: number;
  readonly trial: ImageTrial;
}

/** Archives for a node, in a folder that `stop` removes. */
export class RelayImage {
  readonly built: BuiltImage;
  readonly archives: readonly string[];
  readonly #folder: TempFolder;

  private constructor(built: BuiltImage, archives: readonly string[], folder: TempFolder) {
    this.built = built;
    this.archives = archives;
    this.#folder = folder;
  }

  static async build(pause: string, progress: (text: string) => void): Promise<RelayImage> {
    const folder = tempFolder('image');
    const engine = new ContainerEngine();
    try {
      const archives = ['relay', 'pause'].map((name) => join(folder.path, `${name}.tar`));
      progress('a stand-in for the base image: the first time, minutes');
      await addStandInBase(engine);
      const source = join(folder.path, 'source');
      await mustRun(['git', '-c', 'safe.directory=*', 'clone', '-q', repository, source]);
      progress('building the image');
      const begin = performance.now();
      await engine.build(source, join(source, 'ops/image/Dockerfile'), `${IMAGE}:${TAG}`);
      const buildSeconds = Math.round((performance.now() - begin) / 1000);
      progress('running it by itself');
      const trial = await tryImage(engine, `${IMAGE}:${TAG}`);
      const sizeMegabytes = Math.round((await engine.sizeBytes(`${IMAGE}:${TAG}`)) / 1e6);
      await engine.importProgram(pause, PAUSE_IMAGE);
      for (const [at, name] of [`${IMAGE}:${TAG}`, PAUSE_IMAGE].entries()) {
        await engine.save(name, archives[at] ?? '');
      }
      return new RelayImage({ buildSeconds, sizeMegabytes, trial }, archives, folder);
    } catch (error) {
      folder.stop();
      throw error;
    } finally {
      await engine.stop();
    }
  }

  stop(): void {
    this.#folder.stop();
  }
}
