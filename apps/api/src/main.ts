import { createApi } from '@staffetta/composition-api';
import { runAlone } from '@staffetta/composition-context';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('api', createApi));
