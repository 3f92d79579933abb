import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientDialogues, connectionOf, outgoingMessage, seededRandom } from '@staffetta/testing';
import type { ScriptedSmtpSession } from '@staffetta/testing';
import { createSmtpConnector } from './connector.ts';

const ROUNDS = 300;
const AT_ONCE = 30;
const SEED = 5321;

const dialogue = clientDialogues(createSmtpConnector);

const WORDS = [
  '250 2.0.0 Ok\r\n',
  '250-more\r\n',
  '354 Go on\r\n',
  '421 4.3.2 closing\r\n',
  '450 later\r\n',
  '550 5.1.1 no\r\n',
  '250',
  '\r\n',
  '\n',
  '\0',
  '999 x\r\n',
  '220 go\r\n',
  'x'.repeat(5_000),
];
const SHORT = {
  mailMs: 30,
  rcptMs: 30,
  dataMs: 30,
  blockMs: 30,
  endOfDataMs: 30,
  quitMs: 30,
};

test(`a server that says anything at all (seed ${SEED}) never hangs or breaks the client`, async () => {
  const random = seededRandom(SEED);
  const below = (limit: number) => Math.floor(random.next() * limit);
  const babble = async (session: ScriptedSmtpSession) => {
    await session.greet(...(below(2) === 0 ? ['PIPELINING'] : []));
    for (let count = below(12); count > 0 && (await session.line()) !== undefined; count -= 1) {
      const words = Array.from({ length: below(5) }, () => WORDS[below(WORDS.length)] ?? '');
      session.raw(words.join(''));
      if (below(10) === 0) return below(2) === 0 ? session.reset() : session.end();
    }
    if (below(2) === 0) await session.left();
  };
  const round = () =>
    dialogue(
      babble,
      async (result) => {
        const connection = connectionOf(result);
        for (let count = 0; count < 3; count += 1) {
          const sent = await connection.send(outgoingMessage(['a@x.test', 'b@x.test']));
          assert.equal(sent.outcomes.filter((outcome) => outcome !== undefined).length, 2);
        }
        await connection.close();
        assert.ok(!connection.usable);
      },
      { timeouts: SHORT },
    );
  for (let done = 0; done < ROUNDS; done += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, round));
});
