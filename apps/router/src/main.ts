import { runAlone } from '@staffetta/composition-context';
import { createRouter } from '@staffetta/composition-router';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('router', createRouter));
