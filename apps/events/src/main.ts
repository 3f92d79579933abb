import { runAlone } from '@staffetta/composition-context';
import { createEventsService } from '@staffetta/composition-events';

process.exitCode = await runAlone('events', createEventsService);
