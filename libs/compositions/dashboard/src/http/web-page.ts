import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemBody } from './problem.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/**
 * Serves the built page: its files by their names, and index.html for every other address that a browser asks for as
 * a page. What begins with /api or /assets and is not there is a 404.
 */
export async function serveWebPage(fastify: FastifyInstance, folder: string): Promise<void> {
  const files = await listFiles(folder);
  fastify.get('/*', async (request, reply) => {
    const path = pathOf(request);
    const file = files.get(path);
    if (file !== undefined) {
      const packed = acceptsGzip(request) ? files.get(`${path}.gz`) : undefined;
      return sendFile(reply, { file, packed, unchanging: path.startsWith('/assets/') });
    }
    const index = files.get('/index.html');
    if (index !== undefined && wantsPage(request, path)) {
      return sendFile(reply, { file: index, packed: undefined, unchanging: false });
    }
    const detail =
      index === undefined && wantsPage(request, path)
        ? 'the page is not built'
        : `there is nothing at ${path}`;
    return reply
      .status(404)
      .header('content-type', 'application/problem+json')
      .send(problemBody(404, detail));
  });
}

function pathOf(request: FastifyRequest): string {
  return new URL(request.url, 'http://localhost').pathname;
}

function wantsPage(request: FastifyRequest, path: string): boolean {
  if (path === '/') return true;
  const isOwn = /^\/(api|assets)(\/|$)/.test(path);
  return !isOwn && (request.headers.accept ?? '').includes('text/html');
}

function acceptsGzip(request: FastifyRequest): boolean {
  return /\bgzip\b(?!;q=0(?:\.0*)?(?:,|$))/.test(request.headers['accept-encoding'] ?? '');
}

interface Sent {
  readonly file: string;
  /** The same, made small by gzip when the page was built. */
  readonly packed: string | undefined;
  /** Files under /assets/ have a hash in their name and never change. */
  readonly unchanging: boolean;
}

async function sendFile(reply: FastifyReply, { file, packed, unchanging }: Sent): Promise<unknown> {
  const { size } = await stat(packed ?? file);
  if (packed !== undefined) reply.header('content-encoding', 'gzip');
  return reply
    .header('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
    .header('content-length', size)
    .header('vary', 'accept-encoding')
    .header('cache-control', unchanging ? 'public, max-age=31536000, immutable' : 'no-cache')
    .send(createReadStream(packed ?? file));
}

/** The files of the page by URL path: nothing else can be asked for. */
async function listFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    },
  );
  const files = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, file).split(sep).join('/')}`, file);
  }
  return files;
}
