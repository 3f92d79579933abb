import { runAlone } from '@staffetta/composition-context';
import { createEventsService } from '@staffetta/composition-events';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('events', createEventsService));
