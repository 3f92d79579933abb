import { runAlone } from '@staffetta/composition-context';
import { createIngressService } from '@staffetta/composition-ingress';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('ingress', createIngressService));
