/** Builds everything a fresh clone needs: TypeScript by one `tsc -b`, then the dashboard's page. */
import { execFileSync } from 'node:child_process';
import { buildPage } from './build-page.ts';
import { repository } from './steps.ts';

execFileSync(`${repository}/node_modules/.bin/tsc`, ['-b'], { cwd: repository, stdio: 'inherit' });
buildPage();
