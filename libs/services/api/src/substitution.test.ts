import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api, request } from './api.contract.ts';
import { Template } from './template/template.ts';

const render = (source: string, data: Record<string, unknown>, part = 'text'): string =>
  Template.compile(source, part).render({ reserved: new Map(), data: [data] });

test('expressions', () => {
  const data = {
    name: 'Jane',
    none: null,
    no: false,
    n: 12.5,
    a: { b: { c: 'deep' }, 'x y': 'quoted' },
    list: ['first', { name: 'second' }],
  };
  for (const [source, expected] of [
    ['Hi {{name}}{{ name }}{{\n name}}', 'Hi JaneJaneJane'],
    ['{{ a.b.c }} {{a["b"].c}} {{a[\'x y\']}}', 'deep deep quoted'],
    ['{{list[1]}} {{ list[2].name }} [{{list[0]}}{{list[9]}}]', 'first second []'],
    ["{{none or 'x'}} {{missing.deep or name}} {{no or \"y\"}} {{name or 'z'}}", 'x Jane y Jane'],
    ['{{missing}}{{none}} {{n}} {{no}}', ' 12.5 false'],
    ['{{{name}}}', 'Jane'],
    ['{ {name} } }} {', '{ {name} } }} {'],
    ["{{missing or '}}'}}", '}}'],
  ] as const) {
    assert.equal(render(source, data), expected, source);
  }
});

test('what is put into HTML is escaped, and encoded in links', () => {
  const data = { x: `<b a="1">&'</b>`, q: 'Daily Deal!' };
  assert.equal(
    render('{{x}}|{{{x}}}', data, 'html'),
    '&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;&#x2F;b&gt;|<b a="1">&\'</b>',
  );
  assert.equal(render('{{x}}', data, 'text'), data.x);
  assert.equal(
    render('<a href="https://a.example/?q={{q}}&r={{q}}" title="{{q}}">{{q}}</a>', data, 'html'),
    '<a href="https://a.example/?q=Daily%20Deal%21&r=Daily%20Deal%21" title="Daily Deal!">Daily Deal!</a>',
  );
  assert.equal(
    render('see http://a.example/{{q}} {{q}}', data, 'text'),
    'see http://a.example/Daily%20Deal%21 Daily Deal!',
  );
  assert.equal(render('http://a.example/{{{q}}}', data, 'html'), 'http://a.example/Daily Deal!');
});

test('what is not understood is refused with the place', async () => {
  for (const [content, part, line] of [
    [{ html: 'a\n{{if x}}y{{end}}' }, 'html', 2],
    [{ html: '{{each list}}' }, 'html', 1],
    [{ text: '{{ name' }, 'text', 1],
    [{ text: '{{name}' }, 'text', 1],
    [{ text: '{{#list}}' }, 'text', 1],
    [{ text: '{{render_dynamic_content(x)}}' }, 'text', 1],
    [{ text: '{{{name}}' }, 'text', 1],
    [{ text: '{{a and b}}' }, 'text', 1],
    [{ subject: 'Hi {{else}}' }, 'Header:Subject', 1],
  ] as const) {
    const api = new Api();
    const answer = await api.send(request(content));
    assert.equal(answer.status, 422, JSON.stringify(content));
    const [error] = answer.body.errors!;
    assert.equal(error!.code, '3000');
    assert.deepEqual(
      { part: error!.part, line: (error as { line?: number }).line },
      { part, line },
    );
    assert.equal((await api.records()).length, 0);
  }
});

test('a recipient is told by its own data first, then by that of the transmission', async () => {
  const api = new Api();
  const answer = await api.send({
    metadata: { a: 'tm', b: 'tm', c: 'tm', d: 'tm' },
    substitution_data: { a: 'ts', b: 'ts', c: 'ts' },
    recipients: [
      {
        address: { email: 'to@example.org', name: 'Tö' },
        metadata: { a: 'rm', b: 'rm' },
        substitution_data: { a: 'rs' },
      },
    ],
    content: {
      from: { email: '{{a}}@example.com', name: '{{b}}' },
      subject: '{{a}} {{b}} {{c}} {{d}}',
      text: '{{email}} {{address.email}} {{address.name}} {{env_from}}',
      headers: { 'X-A': '{{a}}' },
    },
  });
  assert.equal(answer.status, 200);
  const [text] = await api.messages();
  assert.match(text!, /^Subject: rs rm ts tm\r$/m);
  assert.match(text!, /^From: rm <rs@example.com>\r$/m);
  assert.match(text!, /^X-A: rs\r$/m);
  assert.match(text!, /^to@example.org to@example.org T=C3=B6 rs@example.com\r$/m);
  assert.equal(api.accepted[0]!.subject, 'rs rm ts tm');
});

test('each recipient gets its own text, and substitution can be turned off', async () => {
  const api = new Api();
  const recipients = Array.from({ length: 50 }, (_, i) => ({
    address: `r${i}@example.org`,
    substitution_data: { n: i },
  }));
  await api.send(request({ text: 'number {{n}}.' }, { recipients }));
  const texts = await api.messages();
  assert.equal(texts.length, 50);
  texts.forEach((text, i) => assert.ok(text.endsWith(`\r\n\r\nnumber ${i}.\r\n`), text));

  const raw = new Api();
  await raw.send(request({ text: '{{if x}}' }, { options: { perform_substitutions: false } }));
  assert.ok((await raw.messages())[0]!.endsWith('\r\n\r\n{{if x}}\r\n'));
});
