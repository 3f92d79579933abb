#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// Contents of mail lie outside V8's heap. By default each 64 MB of them begins a full collection, which marks the whole
// heap for nothing: at 100 KB a message that was a third of the CPU. So they count as part of the heap's own limit.
setFlagsFromString('--external-memory-accounted-in-global-limit');
await import('../dist/main.js');
