import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startWords, stopWords } from '#src/bot/consent-vocabulary.ts';
import { alreadyStarted, consentSentences, consentWordingVersion } from '#src/bot/consent-wording.ts';
import { plain, toConsentWord } from '#src/bot/consent-words.ts';

const says = (text: string) => toConsentWord({ type: 'text', text, attachments: [] });
const wishOf = (text: string) => says(text)?.wish;

describe('a message that is nothing but a word for', () => {
  it.each([
    ['en', 'STOP'],
    ['en', 'Stop'],
    ['en', 'stop.'],
    ['en', ' \n STOP!! \t'],
    ['en', '“Stop”'],
    ['en', '*STOP*'],
    ['en', '/stop'],
    ['en', '🛑 STOP 🛑'],
    ['en', '🛑stop✋🏽'],
    ['en', 'ＳＴＯＰ'],
    ['en', 's\u00adt\u200bop'],
    ['en', '\u202bSTOP\u202c'],
    ['en', 'stop stop STOP'],
    ['en', 'STOPALL'],
    ['en', 'Stop all'],
    ['en', 'UNSUBSCRIBE'],
    ['en', 'unsubscribe me'],
    ['en', 'opt-out'],
    ['en', 'OPT_OUT'],
    ['en', 'Opt out'],
    ['en', 'Please stop!'],
    ['en', 'Quit'],
    ['en', 'revoke'],
    ['en', 'cancel subscription'],
    ['en', 'Don’t contact me'],
    ['en', "don't contact me"],
    ['es', 'BAJA'],
    ['es', 'Darme de baja'],
    ['es', 'No más mensajes'],
    ['es', 'no mas mensajes'],
    ['es', 'Cancelar suscripción'],
    ['pt', 'PARAR'],
    ['pt', 'Sair'],
    ['pt', 'descadastrar'],
    ['pt', 'Não quero mais mensagens'],
    ['pt', 'cancelar inscricao'],
    ['fr', 'ARRÊT'],
    ['fr', 'arret'],
    ['fr', 'Arrêtez !'],
    ['fr', 'Désabonnez-moi'],
    ['fr', "annuler l'abonnement"],
    ['de', 'Stopp'],
    ['de', 'ABMELDEN'],
    ['de', 'Bitte abbestellen.'],
    ['de', 'keine Nachrichten mehr'],
    ['it', 'Disiscrivimi'],
    ['it', 'cancellami'],
    ['nl', 'Afmelden'],
    ['nl', 'uitschrijven'],
    ['pl', 'Wypisz mnie'],
    ['pl', 'rezygnuje'],
    ['tr', 'DUR'],
    ['tr', 'RET'],
    ['tr', 'Abonelikten çık'],
    ['tr', 'ABONELİKTEN ÇIK'],
    ['tr', 'listeden cikar'],
    ['ar', 'توقف'],
    ['ar', 'إيقاف'],
    ['ar', 'ايقاف'],
    ['ar', 'إِيقَاف'],
    ['ar', 'إلغاء الاشتراك'],
    ['hi', 'रोकें'],
    ['hi', 'बंद करो!'],
    ['hi', 'band karo'],
    ['id', 'BERHENTI'],
    ['id', 'UNREG'],
    ['ru', 'СТОП'],
    ['ru', 'Отписаться'],
    ['ru', 'больше не пишите…'],
    ['zh', '停止'],
    ['zh', '退订'],
    ['zh', '退訂！'],
    ['zh', '取消订阅。'],
    ['en', 'ストップ'],
    ['en', '수신거부'],
    ['en', 'הסר'],
    ['en', 'hủy đăng ký'],
    ['en', 'ΣΤΟΠ'],
  ])('STOP is one (%s: %s)', (language, text) => {
    expect(says(text)).toMatchObject({ wish: 'stop', language });
  });

  it.each([
    ['en', 'START'],
    ['en', '/start'],
    ['en', 'Start!'],
    ['en', 'unstop'],
    ['en', 'opt in'],
    ['es', 'ALTA'],
    ['es', 'comenzar'],
    ['pt', 'começar'],
    ['pt', 'COMECAR'],
    ['fr', 'Démarrer'],
    ['fr', "s'abonner"],
    ['de', 'anmelden'],
    ['it', 'riprendi'],
    ['nl', 'hervatten'],
    ['pl', 'wznów'],
    ['tr', 'BAŞLAT'],
    ['tr', 'basla'],
    ['ar', 'ابدأ'],
    ['hi', 'शुरू करें'],
    ['id', 'Mulai'],
    ['ru', 'Старт'],
    ['zh', '开始'],
    ['zh', '恢復'],
  ])('START is one (%s: %s)', (language, text) => {
    expect(says(text)).toMatchObject({ wish: 'start', language });
  });
});

describe('an ordinary message', () => {
  it.each([
    'stop, he is not coming',
    'Stop! In the name of love',
    'please stop the timer at five',
    'How do I stop the subscription of my phone?',
    'can you stop by tomorrow',
    'non-stop',
    'stopwatch',
    'unsubscribe button',
    'end',
    'The End',
    'cancel',
    'Cancelar',
    'exit',
    'para',
    'Para mañana',
    'alto',
    'basta',
    'fine',
    'Ende',
    'halt',
    'koniec',
    'iptal',
    'отмена',
    'хватит',
    'बंद',
    'रुको',
    'acha',
    'red',
    'no',
    'yes',
    'sí',
    'ok',
    '不要',
    'إلغاء',
    '',
    '🛑',
    '✋',
    '...',
    '/stop now then',
    'start the report',
    'let us start',
  ])('is left alone (%s)', (text) => {
    expect(says(text)).toBeUndefined();
  });

  it('may be long', () => {
    expect(says(`stop ${'x'.repeat(1_000_000)}`)).toBeUndefined();
  });

  it('may have a word as the caption of a file, also as its new one', () => {
    expect(toConsentWord({ type: 'image', text: 'stop', attachments: [{}] })).toBeUndefined();
    const change = { kind: 'edit', originalProviderId: 'SM1' } as const;
    expect(toConsentWord({ type: 'image', text: 'stop', attachments: [], change })).toBeUndefined();
  });

  it('is not one that is taken back', () => {
    const change = { kind: 'revoke', originalProviderId: 'SM1' } as const;
    expect(toConsentWord({ type: 'text', text: 'stop', attachments: [], change })).toBeUndefined();
  });
});

describe('an edit', () => {
  const change = { kind: 'edit', originalProviderId: 'SM1' } as const;
  const edits = (text: string) => toConsentWord({ type: 'text', text, attachments: [], change })?.wish;

  it('into the word alone says it', () => {
    expect([edits('STOP!'), edits('start')]).toEqual(['stop', 'start']);
    expect(edits('stop, he is not coming')).toBeUndefined();
  });
});

describe('a button', () => {
  it.each([
    ['a payload that says so', 'No thanks', 'STOP', 'stop'],
    ['a payload in a program’s spelling', 'No thanks', 'opt_out', 'stop'],
    ['a label that says so, and no payload', 'Stop', undefined, 'stop'],
    ['a label that says so, and a payload that means something else', 'Stop', 'playback:stop:7', undefined],
    ['a payload for the way back', 'Yes please', 'START', 'start'],
  ])('with %s', (_what, text, payload, wish) => {
    expect(toConsentWord({ type: 'button', text, attachments: [], button: { text, payload } })?.wish).toBe(
      wish,
    );
  });
});

describe('the vocabulary', () => {
  const entries = (vocabulary: Readonly<Record<string, string>>) =>
    Object.entries(vocabulary).flatMap(([language, list]) =>
      list.split(',').map((entry) => [language, entry.trim()] as const),
    );

  it.each([
    ['stop', stopWords],
    ['start', startWords],
  ] as const)('of %s is heard word for word, in capitals, and with decoration', (wish, vocabulary) => {
    for (const [language, entry] of entries(vocabulary)) {
      expect(entry, language).not.toBe('');
      expect([entry, wishOf(entry)]).toEqual([entry, wish]);
      expect([entry, wishOf(`  «${entry.toUpperCase()}» !! 😀`)]).toEqual([entry, wish]);
    }
  });

  it('has no word for both', () => {
    const stop = new Set(entries(stopWords).map(([, entry]) => plain(entry)));
    expect(entries(startWords).filter(([, entry]) => stop.has(plain(entry)))).toEqual([]);
  });

  it('tells the word itself from its synonyms', () => {
    expect(says('/START')?.isPlain).toBe(true);
    expect(says('alta')?.isPlain).toBe(false);
  });
});

describe('what is said about it', () => {
  it('names the way back in every language', () => {
    for (const { stopped, resumed } of Object.values(consentSentences)) {
      expect(stopped).toContain('*START*');
      expect(resumed).toContain('*STOP*');
    }
  });

  it('has a version of its own: raise consentWordingVersion and this digest when a sentence changes', () => {
    const said = JSON.stringify([consentSentences, alreadyStarted]);
    const digest = createHash('sha256').update(said).digest('hex').slice(0, 16);
    expect([consentWordingVersion, digest]).toEqual(['1', '515b4cd9149468cd']);
  });
});
