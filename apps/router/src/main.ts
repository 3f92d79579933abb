import { runAlone } from '@staffetta/composition-context';
import { createRouter } from '@staffetta/composition-router';

process.exitCode = await runAlone('router', createRouter);
