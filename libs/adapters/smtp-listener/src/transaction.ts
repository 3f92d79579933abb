import type { MemoryBudget, SmtpAnswer, SmtpLimits, SmtpMail } from '@staffetta/core';
import { ANSWERS } from './answers.ts';
import { ContentCollector } from './content-collector.ts';

/** A message past the size limit is read on to its end, up to this many times the limit. */
const OVERSIZE_READ_FACTOR = 2;

/** One mail transaction: from MAIL to the answer to the final dot. */
export class Transaction {
  readonly mail: SmtpMail;
  /** Accepted RCPT commands. */
  rcpts = 0;
  /** Some RCPT was refused. */
  refusedSome = false;
  content: ContentCollector | undefined;
  readonly #limits: SmtpLimits;
  #deadlineMs = 0;

  constructor(mail: SmtpMail, limits: SmtpLimits) {
    this.mail = mail;
    this.#limits = limits;
  }

  /** At DATA: where content goes, or why it cannot come. */
  startContent(memory: MemoryBudget): ContentCollector | SmtpAnswer {
    if (this.rcpts === 0) return this.refusedSome ? ANSWERS.noRecipients : ANSWERS.rcptFirst;
    if (memory.usedBytes + this.mail.sizeBytes >= memory.limitBytes) return ANSWERS.memoryShort;
    this.#deadlineMs = performance.now() + this.#limits.dataTimeoutMs;
    this.content = new ContentCollector(this.#limits.sizeBytes, memory);
    return this.content;
  }

  /** Why content cannot go on; the session ends with it. */
  contentProblem(): SmtpAnswer | undefined {
    if (performance.now() > this.#deadlineMs) return ANSWERS.dataTimeout;
    const sizeMax = OVERSIZE_READ_FACTOR * this.#limits.sizeBytes;
    return this.content!.sizeBytes > sizeMax ? { ...ANSWERS.sizeExceeded, close: true } : undefined;
  }

  /** At the final dot: why what came was not kept. */
  contentFailure(): SmtpAnswer | undefined {
    const { failure } = this.content!;
    if (!failure) return undefined;
    return failure === 'size' ? ANSWERS.sizeExceeded : ANSWERS.memoryShort;
  }
}
