import { createApi } from '@staffetta/composition-api';
import { runAlone } from '@staffetta/composition-context';

process.exitCode = await runAlone('api', createApi);
