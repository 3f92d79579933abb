/** Where the points live: `tools/show/1.3.ts` shows point 3 of the first issue. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const POINT = /^(\d+[.]\d+)[.]ts$/;

/** All points, in order. */
export function showPoints(): string[] {
  const names = readdirSync(folder).flatMap((file) => POINT.exec(file)?.[1] ?? []);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export function pointScript(point: string): string {
  return `${folder}${point}.ts`;
}
