import { runAlone } from '@staffetta/composition-context';
import { createDashboardService } from '@staffetta/composition-dashboard';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('dashboard', createDashboardService));
