import { describe, expect, it } from 'vitest';
import { checkAgainstDocument } from '#tests/support/meta-openapi.ts';

/*
 * The stand-in's own rules refuse most of this as well. Here is what Meta's published document says alone, so that a repair of it
 * that repairs too much, or a copy that was cut out wrongly, is noticed.
 */
type Json = Readonly<Record<string, unknown>>;

const message = (type: string, content: unknown, over: Json = {}) => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: '15550001111',
  type,
  [type]: content,
  ...over,
});
const text = (over: Json = {}) => message('text', { body: 'hi', preview_url: false }, over);
const buttons = (...titles: string[]) => ({
  buttons: titles.map((title) => ({ type: 'reply', reply: { id: title, title } })),
});
const interactive = (action: unknown, over: Json = {}) =>
  message('interactive', { type: 'button', body: { text: 'Which?' }, action, ...over });
const list = (rows: readonly Json[]) =>
  interactive({ button: 'Choose', sections: [{ title: 'Days', rows }] }, { type: 'list' });
const template = (...components: readonly Json[]) =>
  message('template', {
    name: 'order_update',
    language: { policy: 'deterministic', code: 'en_US' },
    components,
  });
const button = (index: string, parameter: Json, sub = 'url') =>
  template({ type: 'button', sub_type: sub, index, parameters: [parameter] });
const words = { type: 'text', text: 'Ana' };
const mark = (over: Json = {}) => ({
  messaging_product: 'whatsapp',
  status: 'read',
  message_id: 'wamid.A',
  ...over,
});
const upload = (over: Json = {}) => ({
  messaging_product: 'whatsapp',
  type: 'image/png',
  file: 'a.png',
  ...over,
});

describe('Meta’s published document', () => {
  it.each<[string, unknown]>([
    ['a text', text()],
    [
      'an answer with a reference',
      text({ context: { message_id: 'wamid.A' }, biz_opaque_callback_data: 'p1' }),
    ],
    ['a text to a user id', text({ to: undefined, recipient: 'US.13491208655302741918' })],
    ['a photo', message('image', { id: '11', caption: 'look' })],
    ['a photo behind a link', message('image', { link: 'https://bot.example.com/a.png' })],
    ['a video', message('video', { id: '11' })],
    ['a voice note', message('audio', { id: '11', voice: true })],
    ['a sticker', message('sticker', { id: '11' })],
    ['a document', message('document', { id: '11', filename: 'a.pdf', caption: 'look' })],
    ['three buttons', interactive(buttons('One', 'Two', 'Three'))],
    ['a list', list([{ id: '1', title: 'Monday', description: 'or later' }])],
    ['a bare template', template()],
    ['a template’s values', template({ type: 'body', parameters: [{ ...words, parameter_name: 'name' }] })],
    [
      'a template’s picture',
      template({ type: 'header', parameters: [{ type: 'image', image: { id: '11' } }] }),
    ],
    ['a template’s link', button('0', words)],
    ['a template’s button', button('9', { type: 'payload', payload: 'yes' }, 'quick_reply')],
  ])('takes %s', (_, json) => {
    expect(checkAgainstDocument('message', asSent(json))).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'hi', /message must be object/],
    ['no type', text({ type: undefined }), /'type'/],
    ['an unknown type', message('poll', {}), /tag "type"/],
    ['no messaging_product', text({ messaging_product: undefined }), /'messaging_product'/],
    ['nobody to get it', text({ to: undefined }), /'recipient'/],
    ['a number as a number', text({ to: 15550001111 }), /message\/to must be string/],
    ['an unknown property', text({ priority: 1 }), /unevaluated properties priority/],
    ['an unknown property of a template', { ...template(), priority: 1 }, /unevaluated properties priority/],
    ['an unknown property of a text', message('text', { body: 'hi', bold: true }), /properties bold/],
    ['words that are none', message('text', { body: 1 }), /text\/body must be string/],
    ['a reference that is too long', text({ biz_opaque_callback_data: 'x'.repeat(513) }), /512/],
    ['the content of another type', { ...message('image', undefined), text: { body: 'hi' } }, /'image'/],
    ['content of two types', { ...text(), image: { id: '11' } }, /properties image/],
    ['a file that is nowhere', message('image', { caption: 'look' }), /'id'/],
    ['a file at two places', message('image', { id: '11', link: 'https://a.example/a.png' }), /exactly one/],
    ['a link that leads nowhere', message('image', { link: 'a.png' }), /format "url"/],
    ['four buttons', interactive(buttons('1', '2', '3', '4')), /more than 3 items/],
    ['no buttons', interactive(buttons()), /fewer than 1 items/],
    ['a long title', interactive(buttons('x'.repeat(21))), /more than 20 characters/],
    ['choices without action', interactive(undefined), /'action'/],
    ['choices of an unknown type', interactive(buttons('One'), { type: 'poll' }), /interactive\/type/],
    ['a list of eleven', list(Array(11).fill({ id: '1', title: 'Day' })), /more than 10 items/],
    ['a row without title', list([{ id: '1' }]), /'title'/],
    ['an unknown component', template({ type: 'footer' }), /tag "type"/],
    ['a value without text', template({ type: 'body', parameters: [{ type: 'text' }] }), /'text'/],
    ['a value of an unknown type', template({ type: 'body', parameters: [{ type: 'color' }] }), /tag "type"/],
    ['a button that is nowhere', button('10', words), /index must match pattern/],
    ['a button’s place as a number', button(0 as never, words), /index must be string/],
    ['a button of an unknown type', button('0', words, 'dial'), /sub_type/],
    ['a button without its payload', button('0', { type: 'payload' }, 'quick_reply'), /'payload'/],
  ])('refuses %s', (_, json, details) => {
    expect(checkAgainstDocument('message', asSent(json))).toMatchObject({
      status: 400,
      code: 100,
      details: expect.stringMatching(details),
    });
  });

  it('takes a mark that a message was read, with typing or without, and no other', () => {
    const verdict = (json: Json) => checkAgainstDocument('mark', asSent(json))?.code;
    expect([mark(), mark({ typing_indicator: { type: 'text' } })].map(verdict)).toEqual([
      undefined,
      undefined,
    ]);
    const broken = [
      mark({ message_id: undefined }),
      mark({ messaging_product: undefined }),
      mark({ status: 'delivered' }),
      mark({ typing_indicator: { type: 'dots' } }),
      mark({ typing_indicator: true }),
      mark({ to: '15550001111' }),
    ];
    expect(broken.map(verdict)).toEqual(broken.map(() => 100));
  });

  it('takes the fields of an upload, each once, and no others', () => {
    const verdict = (json: Json) => checkAgainstDocument('upload', asSent(json))?.code;
    expect(verdict(upload())).toBeUndefined();
    const broken = [
      upload({ messaging_product: undefined }),
      upload({ file: undefined }),
      upload({ type: undefined }),
      upload({ type: ['image/png', 'image/png'] }),
      upload({ caption: 'look' }),
    ];
    expect(broken.map(verdict)).toEqual(broken.map(() => 100));
  });
});

/** What is undefined is not sent. */
function asSent(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json));
}
