/** The servers and clients from outside that the tests drive Staffetta with, and how they come on the machine. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';

interface Need {
  readonly program: string;
  readonly debianPackage: string;
  /** Only what is run by hand needs it. */
  readonly byHand?: true;
}

const NEEDS: readonly Need[] = [
  { program: 'swaks', debianPackage: 'swaks' },
  { program: 'smtp-source', debianPackage: 'postfix' },
  { program: 'smtp-sink', debianPackage: 'postfix' },
  { program: 'unbound', debianPackage: 'unbound' },
  { program: 'chromium', debianPackage: 'chromium' },
  { program: 'python3', debianPackage: 'python3' },
  // Tests of the chart fetch Helm and the schemas of Kubernetes with it.
  { program: 'pip3', debianPackage: 'python3-pip' },
  { program: 'curl', debianPackage: 'curl' },
  { program: 'git', debianPackage: 'git' },
  // Tests of the Kafka log start a real one, which Maven brings.
  { program: 'java', debianPackage: 'default-jre-headless' },
  { program: 'mvn', debianPackage: 'maven' },
  // Tests of the rules run promtool, and every query of panels and rules against a real one.
  { program: 'promtool', debianPackage: 'prometheus' },
  // `npm run check:kubernetes` runs Kubernetes' API server, which keeps its objects in it.
  { program: 'etcd', debianPackage: 'etcd-server', byHand: true },
  // `npm run show -- 3.4` builds the image and runs a node.
  { program: 'buildah', debianPackage: 'buildah', byHand: true },
  { program: 'podman', debianPackage: 'podman', byHand: true },
  { program: 'conmon', debianPackage: 'conmon', byHand: true },
  { program: 'debootstrap', debianPackage: 'debootstrap', byHand: true },
  { program: 'runc', debianPackage: 'runc', byHand: true },
  { program: 'host-local', debianPackage: 'containernetworking-plugins', byHand: true },
  { program: 'iptables', debianPackage: 'iptables', byHand: true },
  { program: 'conntrack', debianPackage: 'conntrack', byHand: true },
  { program: 'ip', debianPackage: 'iproute2', byHand: true },
];
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/lib/cni'];

/** Installs what is missing of these programs, or of all that the tests need, or says in words why it cannot. */
export async function installMissing(programs?: readonly string[]): Promise<string | undefined> {
  const needs = NEEDS.filter(({ program, byHand }) => programs?.includes(program) ?? !byHand);
  const packages = missingPackages(needs);
  if (packages.length === 0) return undefined;
  const list = packages.join(' ');
  const isDebian = existsSync('/etc/debian_version');
  if (!isDebian || process.getuid?.() !== 0) {
    return `Programs are missing. On Debian, as root: apt-get install ${list}`;
  }
  console.log(`installing ${list}`);
  const update = apt(['update']);
  const install = update && apt(['install', '--no-install-recommends', ...packages]);
  const left = missingPackages(needs);
  if (install && left.length === 0) return undefined;
  return `apt-get could not install ${left.join(' ') || list}`;
}

function missingPackages(needs: readonly Need[]): string[] {
  const missing = needs.filter(({ program }) => !isInstalled(program));
  return [...new Set(missing.map((need) => need.debianPackage))];
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => existsSync(`${folder}/${program}`));
}

/** No package may ask a question or start a server of its own. */
function apt(args: readonly string[]): boolean {
  const { status } = spawnSync('apt-get', ['-y', '-q', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
  return status === 0;
}
