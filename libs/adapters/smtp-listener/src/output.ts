import type { SmtpAnswer } from '@staffetta/core';

/** Gathered at most, before it is written anyway. */
const GATHERED_MAX_CHARS = 8 * 1024;

/** Answers to commands that came together go out together: a write costs more than all else about a command. */
export class Output {
  readonly #write: (text: string) => void;
  #gathered = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** `more`: further commands are there already. */
  add(text: string, more: boolean): void {
    this.#gathered += text;
    if (!more || this.#gathered.length > GATHERED_MAX_CHARS) this.flush();
  }

  flush(): void {
    if (this.#gathered === '') return;
    const text = this.#gathered;
    this.#gathered = '';
    this.#write(text);
  }
}

/** An answer as it goes over the wire; whatever its text holds, it stays one line. */
export function formatAnswer({ code, enhanced, text }: SmtpAnswer): string {
  const line = text.replace(/[\0-\x1f\x7f]/g, ' ');
  return enhanced === '' ? `${code} ${line}\r\n` : `${code} ${enhanced} ${line}\r\n`;
}

/** An answer of several lines, without enhanced code: that of EHLO. */
export function formatLines(code: number, lines: readonly string[]): string {
  const last = lines.length - 1;
  return lines.map((line, index) => `${code}${index < last ? '-' : ' '}${line}\r\n`).join('');
}
