const CRLFCRLF = Buffer.from('\r\n\r\n');

/** A header field with its continuation lines, as it stands, without the last line end. */
interface RawField {
  readonly name: string;
  readonly raw: string;
}

/** The header of a message or body part, for reading MIME fields and replacing them; the other fields stay as they are. */
export class EntityHeader {
  /** Where the body begins, from the beginning of the entity. */
  readonly bodyAt: number;
  readonly #fields: RawField[];

  constructor(entity: Buffer) {
    const { text, bodyAt } = headerText(entity);
    this.bodyAt = bodyAt;
    this.#fields = fieldsOf(text);
  }

  /** Unfolded, without the blanks around it; undefined where the field is absent. */
  value(name: string): string | undefined {
    const raw = this.#fields.find((field) => field.name === name)?.raw;
    return raw
      ?.slice(raw.indexOf(':') + 1)
      .replace(/\r?\n(?=[ \t])/g, '')
      .trim();
  }

  /** Puts one field in place of all of that name, or at the end. */
  set(name: string, raw: string): void {
    const at = this.#fields.findIndex((field) => field.name === name);
    if (at < 0) {
      this.#fields.push({ name, raw });
      return;
    }
    this.#fields[at] = { name, raw };
    for (let other = this.#fields.length - 1; other > at; other -= 1)
      if (this.#fields[other]!.name === name) this.#fields.splice(other, 1);
  }

  /** The header with the blank line that ends it. */
  toBuffer(): Buffer {
    const lines = this.#fields.map((field) => `${field.raw}\r\n`).join('');
    return Buffer.from(`${lines}\r\n`, 'latin1');
  }
}

/** Where the body of an entity begins. */
function headerText(entity: Buffer): { text: string; bodyAt: number } {
  if (entity[0] === 13 && entity[1] === 10) return { text: '', bodyAt: 2 };
  const end = entity.indexOf(CRLFCRLF);
  if (end < 0) return { text: entity.toString('latin1', 0, entity.length), bodyAt: entity.length };
  return { text: entity.toString('latin1', 0, end), bodyAt: end + 4 };
}

function fieldsOf(text: string): RawField[] {
  if (text === '') return [];
  const raws = text.replace(/\r\n$/, '').split(/\r\n(?![ \t])/);
  return raws.map((raw) => ({ name: raw.slice(0, raw.indexOf(':')).trim().toLowerCase(), raw }));
}
