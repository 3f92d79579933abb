/** Builds everything a fresh clone needs: TypeScript by one `tsc -b`, then the dashboard's page by Vite. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
execFileSync(`${root}/node_modules/.bin/tsc`, ['-b'], { cwd: root, stdio: 'inherit' });
