import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '4.1.0';
const FETCH_TIMEOUT_MS = 10 * 60_000;
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>staffetta</groupId><artifactId>test-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

/**
 * The folder with the jars of Apache Kafka, fetched by Maven when they are not there yet: `lib` in
 * STAFFETTA_TEST_KAFKA_DIR, or in a folder of the user's cache.
 */
export async function kafkaJars(): Promise<string> {
  need('java', '-version');
  const folder =
    process.env['STAFFETTA_TEST_KAFKA_DIR'] ??
    join(homedir(), '.cache', 'staffetta', `kafka-${VERSION}`);
  const lib = join(folder, 'lib');
  if (!existsSync(lib)) await fetchInto(lib);
  return lib;
}

/** Into a folder of its own first: another test process may be at it too, and the first one wins. */
async function fetchInto(lib: string): Promise<void> {
  need('mvn', '-version');
  await mkdir(dirname(lib), { recursive: true });
  const work = await mkdtemp(`${lib}-`);
  try {
    await writeFile(join(work, 'pom.xml'), POM);
    await promisify(execFile)(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      { cwd: work, timeout: FETCH_TIMEOUT_MS },
    );
    await rename(join(work, 'lib'), lib).catch((error: unknown) => {
      if (!existsSync(lib)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function need(program: string, argument: string): void {
  if (spawnSync(program, [argument], { stdio: 'ignore' }).status === 0) return;
  throw new Error(
    `${program} is missing: tests of the Kafka log start a real Apache Kafka, for which they need Java 17 and Maven. ` +
      'On Debian, as root: apt-get install default-jre-headless maven',
  );
}
