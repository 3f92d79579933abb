import { SYSTEM_FLAGS } from '@staffetta/imap';
import { NO_SUCH_MAILBOX, ok } from '../command.ts';
import type { Command, CommandResult } from '../command.ts';
import type { UserState } from '../imap-state.ts';
import { SelectedMailbox } from '../selected-mailbox.ts';

/** SELECT (RFC 3501 §6.3.1). */
export const select = opening(false);

/** EXAMINE (RFC 3501 §6.3.2). */
export const examine = opening(true);

function opening(readOnly: boolean): Command {
  return {
    needs: 'user',
    sync: 'nothing',
    async run(state, reader) {
      const name = reader.mailbox();
      reader.end();
      state.deselect();
      const mailbox = await state.options.store.findMailbox(state.accountId, name);
      if (mailbox === undefined) return NO_SUCH_MAILBOX;
      state.selected = await SelectedMailbox.open(state.options.store, mailbox, readOnly);
      return state.selected === undefined ? NO_SUCH_MAILBOX : describe(state, state.selected);
    },
  };
}

function describe(state: UserState, selected: SelectedMailbox): CommandResult {
  const { mailbox, numbers, readOnly } = selected;
  const flags = SYSTEM_FLAGS.join(' ');
  state.untagged(`FLAGS (${flags})`);
  state.untagged(`OK [PERMANENTFLAGS (${readOnly ? '' : `${flags} \\*`})] Flags that are kept`);
  state.untagged(`${numbers.count} EXISTS`);
  state.untagged(`${selected.recent} RECENT`);
  if (selected.firstUnseenUid !== undefined) {
    const number = numbers.numberOf(selected.firstUnseenUid);
    if (number !== undefined) state.untagged(`OK [UNSEEN ${number}] First unseen`);
  }
  state.untagged(`OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs are valid`);
  state.untagged(`OK [UIDNEXT ${mailbox.uidNext}] Next UID`);
  return ok(readOnly ? '[READ-ONLY] Opened' : '[READ-WRITE] Opened');
}
