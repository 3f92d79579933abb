import type { MimeComposer, MimeMailbox, MimeText } from '@staffetta/core';
import { Refusal } from '../api-error.ts';
import { isAscii, readMailbox } from '../mail-address.ts';
import { hasControls } from '../read/fields.ts';
import type { InlineContent } from '../read/read-content.ts';
import type { RecipientRequest } from '../read/read-recipients.ts';
import type { Scope } from '../template/expression.ts';
import type { Compile } from './compile.ts';
import { setSender } from './scope.ts';
import type { Render } from './rendered.ts';

/** Names of To fields that are kept encoded: those of copies, which repeat. */
const HEADER_TO_KEPT_MAX = 100;

type FieldRender = (scope: Scope) => string;
type BodyRender = (scope: Scope) => readonly Buffer[];

/** Compiles content once for all recipients: only what is substituted is made again for each. */
export async function renderInline(
  content: InlineContent,
  compile: Compile,
  composer: MimeComposer,
): Promise<Render> {
  const texts = compileTexts(content, compile);
  const frame = await composer.frame([...texts.keys()], content.attachments);
  const from = compileFrom(content, compile, composer);
  const subject = compile(content.subject, 'Header:Subject');
  const fields = compileFields(content, compile, composer);
  const to = toField(composer);
  const body = compileBody(frame.segments, texts, composer);
  const names = new Set(content.headers.map(([name]) => name.toLowerCase()));
  return (recipient, scope) => {
    const sender = from(scope);
    setSender(scope, sender.mailbox.address);
    const own = fields.map((field) => field(scope)).join('');
    const header = `${sender.field}${to(recipient)}${own}${frame.header}`;
    return {
      from: sender.mailbox,
      subject: subject.render(scope),
      header,
      body: body(scope),
      hasDate: names.has('date'),
      hasMessageId: names.has('message-id'),
      smtputf8: !isAscii(header),
    };
  };
}

function compileTexts(content: InlineContent, compile: Compile): ReadonlyMap<MimeText, Template> {
  const texts = new Map<MimeText, Template>();
  if (content.text !== undefined) texts.set('plain', compile(content.text, 'text'));
  if (content.ampHtml !== undefined) texts.set('amp', compile(content.ampHtml, 'amp_html'));
  if (content.html !== undefined) texts.set('html', compile(content.html, 'html'));
  return texts;
}

type Template = ReturnType<Compile>;

interface Sender {
  readonly mailbox: MimeMailbox;
  readonly field: string;
}

function compileFrom(
  content: InlineContent,
  compile: Compile,
  composer: MimeComposer,
): (scope: Scope) => Sender {
  const email = compile(content.from.email, 'Header:From');
  const name = compile(content.from.name, 'Header:From');
  const make = (emailText: string, nameText: string): Sender => {
    const mailbox = readMailbox(emailText);
    if (mailbox === undefined) throw new Refusal('7001', 'No sending domain specified');
    const named = nameText === '' ? mailbox : { name: nameText, address: mailbox.address };
    return { mailbox: named, field: composer.headerField('From', [named]) };
  };
  if (email.constant !== undefined && name.constant !== undefined) {
    const sender = make(email.constant, name.constant);
    return () => sender;
  }
  return (scope) => make(plain(email.render(scope), 'From'), plain(name.render(scope), 'From'));
}

function compileFields(
  content: InlineContent,
  compile: Compile,
  composer: MimeComposer,
): FieldRender[] {
  const given: (readonly [string, string])[] = [['Subject', content.subject]];
  if (content.replyTo !== undefined) given.push(['Reply-To', content.replyTo]);
  given.push(...content.headers);
  return given.map(([name, value]) => {
    const template = compile(value, `Header:${name}`);
    const make = (text: string): string => composer.headerField(spelled(name), text);
    if (template.constant === undefined)
      return (scope) => make(plain(template.render(scope), name));
    const field = make(template.constant);
    return () => field;
  });
}

/** The clients write `CC`; the composer reads addresses in `Cc`. */
function spelled(name: string): string {
  return /^cc$/i.test(name) ? 'Cc' : name;
}

/** What was put in must not end the field and begin another. */
function plain(text: string, name: string): string {
  if (hasControls(text)) {
    throw new Refusal('3002', `header ${name} has control characters after substitution`);
  }
  return text;
}

function toField(composer: MimeComposer): (recipient: RecipientRequest) => string {
  const kept = new Map<string, string>();
  return ({ headerTo, name, address }) => {
    if (headerTo === undefined) return composer.headerField('To', [{ name, address }]);
    const known = kept.get(headerTo);
    if (known !== undefined) return known;
    const field = composer.headerField('To', headerTo);
    if (field === '') throw new Refusal('1300', 'address.header_to has no email address');
    if (kept.size < HEADER_TO_KEPT_MAX) kept.set(headerTo, field);
    return field;
  };
}

function compileBody(
  segments: readonly (Buffer | MimeText)[],
  texts: ReadonlyMap<MimeText, Template>,
  composer: MimeComposer,
): BodyRender {
  const parts = segments.map((segment): Buffer | Template => {
    if (Buffer.isBuffer(segment)) return segment;
    const template = texts.get(segment)!;
    return template.constant === undefined ? template : composer.encodeText(template.constant);
  });
  if (parts.every((part) => Buffer.isBuffer(part))) {
    const body = [Buffer.concat(parts)];
    return () => body;
  }
  return (scope) =>
    parts.map((part) => (Buffer.isBuffer(part) ? part : composer.encodeText(part.render(scope))));
}
