import { randomBytes } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import MimeNode from 'nodemailer/lib/mime-node';
import { foldLines } from 'nodemailer/lib/mime-funcs';
import type {
  MimeAttachment,
  MimeComposer,
  MimeFrame,
  MimeMailbox,
  MimeText,
} from '@staffetta/core';
import { encodeQuotedPrintable } from './quoted-printable.ts';

const LINE_MAX_CHARACTERS = 76;
const HEADER_END = '\r\n\r\n';

/** Builds messages with nodemailer's MailComposer. */
export class NodemailerComposer implements MimeComposer {
  /** Only encodes values: it holds none. */
  readonly #encoder = new MimeNode(false);
  /** By their texts; frames without attachments, of which there are few. */
  readonly #plainFrames = new Map<string, Promise<MimeFrame>>();

  headerField(name: string, value: string | readonly MimeMailbox[]): string {
    const encoded = this.#encoder.encodeHeaderValue(
      name,
      typeof value === 'string' ? value : value.map(({ name, address }) => ({ name, address })),
    );
    if (encoded.trim() === '') return '';
    return `${foldLines(`${name}: ${encoded}`, LINE_MAX_CHARACTERS)}\r\n`;
  }

  encodeText(text: string): Buffer {
    return encodeQuotedPrintable(Buffer.from(text.replace(/\r\n?|\n/g, '\r\n')));
  }

  async frame(
    texts: readonly MimeText[],
    attachments: readonly MimeAttachment[],
  ): Promise<MimeFrame> {
    if (attachments.length > 0) return makeFrame(texts, attachments, randomBoundary());
    const shape = texts.join();
    const kept = this.#plainFrames.get(shape) ?? makeFrame(texts, [], KEPT_BOUNDARY);
    this.#plainFrames.set(shape, kept);
    return withBoundary(await kept, randomBoundary());
  }
}

/** Of frames that are kept. Each message gets one of its own: who has seen one must not know the next. */
const KEPT_BOUNDARY = randomBoundary();

function randomBoundary(): string {
  return randomBytes(12).toString('hex');
}

function withBoundary({ header, segments }: MimeFrame, boundary: string): MimeFrame {
  return {
    header: header.replaceAll(KEPT_BOUNDARY, boundary),
    segments: segments.map((segment) =>
      typeof segment === 'string'
        ? segment
        : Buffer.from(segment.toString('latin1').replaceAll(KEPT_BOUNDARY, boundary), 'latin1'),
    ),
  };
}

async function makeFrame(
  texts: readonly MimeText[],
  attachments: readonly MimeAttachment[],
  boundary: string,
): Promise<MimeFrame> {
  const secret = randomBytes(12).toString('hex');
  const marks = texts.map((text) => ({ text, mark: `text-${text}-${secret}` }));
  const message = await compose(marks, attachments, boundary);
  const bodyStart = message.indexOf(HEADER_END) + HEADER_END.length;
  return {
    header: mimeFields(message.toString('latin1', 0, bodyStart - HEADER_END.length)),
    segments: cutAtMarks(message.subarray(bodyStart), marks),
  };
}

interface Mark {
  readonly text: MimeText;
  /** Stands in the composed message where the text goes; not to be guessed, so no attachment holds it. */
  readonly mark: string;
}

function compose(
  marks: readonly Mark[],
  attachments: readonly MimeAttachment[],
  baseBoundary: string,
): Promise<Buffer> {
  const place = (
    text: MimeText,
  ): { content: string; contentTransferEncoding: string } | undefined => {
    const mark = marks.find((candidate) => candidate.text === text);
    return mark && { content: mark.mark, contentTransferEncoding: 'quoted-printable' };
  };
  const composer = new MailComposer({
    text: place('plain'),
    amp: place('amp'),
    html: place('html'),
    attachments: attachments.map(({ fileName, type, content, contentId }) => ({
      filename: fileName,
      contentType: type,
      content,
      ...(contentId !== '' && { cid: contentId }),
    })),
    baseBoundary,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** The composer writes a whole message's header; From, Date and the like are not its to give. */
function mimeFields(header: string): string {
  return header
    .split(/\r\n(?![ \t])/)
    .filter((field) => /^(?:mime-version|content-[a-z-]+):/i.test(field))
    .map((field) => `${field}\r\n`)
    .join('');
}

function cutAtMarks(body: Buffer, marks: readonly Mark[]): (Buffer | MimeText)[] {
  const found = marks
    .map(({ text, mark }) => ({ text, at: body.indexOf(mark), length: mark.length }))
    .toSorted((a, b) => a.at - b.at);
  const segments: (Buffer | MimeText)[] = [];
  let from = 0;
  for (const { text, at, length } of found) {
    if (at < 0) throw new Error('the composer lost a text');
    segments.push(body.subarray(from, at), text);
    from = at + length;
  }
  segments.push(body.subarray(from));
  return segments;
}
