export { MemoryLog } from './memory-log.ts';
export { MemoryLanes } from './memory-lanes.ts';
export { MemoryDirectory } from './memory-directory.ts';
