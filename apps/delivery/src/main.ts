import { runAlone } from '@staffetta/composition-context';
import { createDelivery } from '@staffetta/composition-delivery';

process.exitCode = await runAlone('delivery', createDelivery);
