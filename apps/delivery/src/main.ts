import { runAlone } from '@staffetta/composition-context';
import { createDelivery } from '@staffetta/composition-delivery';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('delivery', createDelivery));
