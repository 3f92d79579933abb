import { runAlone } from '@staffetta/composition-context';
import { createMailbox } from '@staffetta/composition-mailbox';

// What was given up at a forced end must not keep the process.
process.exit(await runAlone('mailbox', createMailbox));
