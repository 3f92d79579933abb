import { runAlone } from '@staffetta/composition-context';
import { createResolver } from '@staffetta/composition-resolver';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('resolver', createResolver));
