import { runAlone } from '@staffetta/composition-context';
import { createDashboardService } from '@staffetta/composition-dashboard';

process.exitCode = await runAlone('dashboard', createDashboardService);
