export { COMMAND_MAX_BYTES, parseCommand, parseNumbers } from './command.ts';
export type { Pop3Command } from './command.ts';
export { LineReader } from './line-reader.ts';
export { MultiLineEncoder } from './multi-line.ts';
export { TopLines } from './top-lines.ts';
