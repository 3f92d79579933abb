import { runAlone } from '@staffetta/composition-context';
import { createMailbox } from '@staffetta/composition-mailbox';

process.exitCode = await runAlone('mailbox', createMailbox);
