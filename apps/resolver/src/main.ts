import { runAlone } from '@staffetta/composition-context';
import { createResolver } from '@staffetta/composition-resolver';

process.exitCode = await runAlone('resolver', createResolver);
