/**
 * A stand-in for the base image of ops/image, made of Debian's packages and the Node of this repository, for machines
 * that reach no registry of images. It holds the certificates that this machine trusts: never for use outside of it.
 */
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { mustRun } from '../../harness/run-program.ts';
import { repository } from '../../steps.ts';
import { cacheFolder, makeOnce } from '../kubernetes-tools.ts';
import type { ContainerEngine } from './container-engine.ts';

const RELEASE = 'bookworm';
const PACKAGES = 'ca-certificates,libstdc++6';
const TIMEOUT_MS = 15 * 60_000;
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Gives the engine an image with the name that the Dockerfile begins from. */
export async function addStandInBase(engine: ContainerEngine): Promise<void> {
  const dockerfile = readFileSync(`${repository}/ops/image/Dockerfile`, 'utf8');
  const [, name = ''] = /^FROM (\S+) AS build$/m.exec(dockerfile) ?? [];
  const folder = cacheFolder(`stand-in-${name.replace(':', '-')}-1`);
  await makeOnce(folder, async (result, work) => {
    const root = join(work, 'root');
    await debian(root);
    await addNode(root);
    await mustRun(['tar', '-C', root, '-cf', join(result, 'root.tar'), '.'], '', TIMEOUT_MS);
  });
  const changes = [`ENV PATH=${SEARCH_PATH}`];
  await engine.import(join(folder, 'root.tar'), `docker.io/library/${name}`, changes);
}

async function debian(root: string): Promise<void> {
  const options = ['--variant=minbase', `--include=${PACKAGES}`];
  await mustRun(['debootstrap', ...options, RELEASE, root], '', TIMEOUT_MS);
  await mustRun(['chroot', root, 'apt-get', 'clean']);
}

async function addNode(root: string): Promise<void> {
  const [bin, modules] = [join(root, 'usr/local/bin'), join(root, 'usr/local/lib/node_modules')];
  await mkdir(modules, { recursive: true });
  await cp(process.execPath, join(bin, 'node'));
  const npm = (await mustRun(['sh', '-c', 'readlink -f "$(command -v npm)"'])).trim();
  await cp(join(dirname(npm), '..'), join(modules, 'npm'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name));
  }
  await cp(CERTIFICATES, join(root, CERTIFICATES));
  await mkdir(join(root, 'usr/local/etc'), { recursive: true });
  await writeFile(join(root, 'usr/local/etc/npmrc'), `cafile=${CERTIFICATES}\n`);
}
