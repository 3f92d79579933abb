import { runAlone } from '@staffetta/composition-context';
import { createIngressService } from '@staffetta/composition-ingress';

process.exitCode = await runAlone('ingress', createIngressService);
