import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { courtesies, promotionWords, startWords, stopWords } from '#src/bot/consent-vocabulary.ts';
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
    ['en', 'S.T.O.P'],
    ['en', 's t o p'],
    ['en', 'STOPPPP'],
    ['en', 'Stooop!!'],
    ['en', 'CANCEL'],
    ['en', 'End.'],
    ['en', 'Stop it!'],
    ['en', 'do not text me'],
    ['en', 'dont text me'],
    ['en', "Don't message me"],
    ['en', 'stop contacting me'],
    ['en', 'Stop, thank you'],
    ['en', 'Please stop messaging me, thanks!'],
    ['en', 'Kindly unsubscribe me, please'],
    ['es', 'BAJA'],
    ['es', 'Darme de baja'],
    ['es', 'No más mensajes'],
    ['es', 'no mas mensajes'],
    ['es', 'Cancelar suscripción'],
    ['es', 'Detente'],
    ['es', 'No quiero recibir más mensajes'],
    ['es', 'stop por favor'],
    ['es', 'Baja, por favor. Gracias.'],
    ['es', 'Stop, gracias'],
    ['pt', 'PARAR'],
    ['pt', 'pare por favor'],
    ['pt', 'Não quero receber mensagens'],
    ['pt', 'stop, obrigada'],
    ['pt', 'Sair'],
    ['pt', 'descadastrar'],
    ['pt', 'Não quero mais mensagens'],
    ['pt', 'cancelar inscricao'],
    ['fr', 'ARRÊT'],
    ['fr', 'arret'],
    ['fr', 'Arrêtez !'],
    ['fr', 'Désabonnez-moi'],
    ['fr', "annuler l'abonnement"],
    ['fr', 'arrêtez svp'],
    ['fr', 'Arrêtez, s’il vous plaît !'],
    ['fr', 'stop merci'],
    ['fr', 'Je ne veux plus de messages'],
    ['de', 'Stopp'],
    ['de', 'AUFHOEREN'],
    ['de', 'beenden'],
    ['de', 'Ich möchte keine Nachrichten mehr'],
    ['de', 'stop danke'],
    ['de', 'Bitte aufhören, vielen Dank'],
    ['de', 'ABMELDEN'],
    ['de', 'Bitte abbestellen.'],
    ['de', 'keine Nachrichten mehr'],
    ['it', 'Disiscrivimi'],
    ['it', 'cancellami'],
    ['it', 'Smetti'],
    ['it', 'stop grazie'],
    ['it', 'ferma, per favore'],
    ['nl', 'Afmelden'],
    ['nl', 'stop, graag'],
    ['nl', 'stop alstublieft'],
    ['nl', 'uitschrijven'],
    ['pl', 'Wypisz mnie'],
    ['pl', 'rezygnuje'],
    ['pl', 'proszę stop'],
    ['pl', 'wypisz mnie, dziękuję'],
    ['tr', 'DUR'],
    ['tr', 'dur lütfen'],
    ['tr', 'İPTAL'],
    ['tr', 'RET'],
    ['tr', 'Abonelikten çık'],
    ['tr', 'ABONELİKTEN ÇIK'],
    ['tr', 'listeden cikar'],
    ['ar', 'توقف'],
    ['ar', 'إيقاف'],
    ['ar', 'ايقاف'],
    ['ar', 'إِيقَاف'],
    ['ar', 'إلغاء الاشتراك'],
    ['ar', 'توقف من فضلك'],
    ['ar', 'لو سمحت أوقف الرسائل شكرا'],
    ['hi', 'रोकें'],
    ['hi', 'रुको'],
    ['hi', 'रुकें'],
    ['hi', 'बन्द करो'],
    ['hi', 'कृपया रोकें'],
    ['hi', 'बंद करो!'],
    ['hi', 'band karo'],
    ['id', 'BERHENTI'],
    ['id', 'UNREG'],
    ['id', 'tolong berhenti'],
    ['id', 'stop, terima kasih'],
    ['ru', 'СТОП'],
    ['ru', 'Пожалуйста, отпишите меня'],
    ['ru', 'Отписаться'],
    ['ru', 'больше не пишите…'],
    ['zh', '停止'],
    ['zh', '请停止发送，谢谢'],
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
    ['en', 'start now'],
    ['en', 'opt in please'],
    ['es', 'ALTA'],
    ['es', 'volver'],
    ['es', 'comenzar'],
    ['pt', 'começar'],
    ['pt', 'COMECAR'],
    ['fr', 'Démarrer'],
    ['fr', "s'abonner"],
    ['de', 'anmelden'],
    ['de', 'weiter'],
    ['de', 'Bitte starten'],
    ['it', 'riprendi'],
    ['nl', 'hervatten'],
    ['pl', 'wznów'],
    ['tr', 'BAŞLAT'],
    ['tr', 'basla'],
    ['ar', 'ابدأ'],
    ['hi', 'शुरू करें'],
    ['hi', 'शुरु'],
    ['id', 'Mulai'],
    ['ru', 'Старт'],
    ['zh', '开始'],
    ['zh', '恢復'],
  ])('START is one (%s: %s)', (language, text) => {
    expect(says(text)).toMatchObject({ wish: 'start', language });
  });

  it.each([
    ['en', 'Stop promotions'],
    ['en', 'Please stop promotions.'],
    ['es', 'Detener promociones'],
    ['pt', 'Parar promoções'],
    ['fr', 'Arrêter les promotions'],
    ['de', 'Keine Werbung mehr, bitte'],
    ['it', 'Interrompi promozioni'],
    ['nl', 'Stop promoties'],
    ['pl', 'Zatrzymaj promocje'],
    ['tr', 'Promosyonları durdur'],
    ['ar', 'إيقاف العروض'],
    ['hi', 'प्रमोशन बंद करें'],
    ['id', 'Hentikan promosi'],
    ['ru', 'Остановить рекламу'],
    ['zh', '停止促销'],
  ])('the end of promotions is one (%s: %s)', (language, text) => {
    expect(says(text)).toMatchObject({ wish: 'stop_promotions', language });
  });
});

describe('an ordinary message', () => {
  it.each([
    'stop, he is not coming',
    'Stop! In the name of love',
    'please stop the timer at five',
    'please stop the music',
    'stop the promotions of my shop on Monday',
    'thanks, he did not stop',
    'please',
    'thank you',
    'stop then',
    'please cancel',
    'Cancel, thanks',
    'cancel the meeting',
    'the end please',
    'no thanks',
    'stop 5',
    'por favor para la música',
    'alto por favor',
    'gracias',
    'no pares, por favor',
    'pare de dizer isso, por favor',
    'obrigado',
    'arrêtez la musique svp',
    'ne t’arrête pas s’il te plaît',
    'merci',
    'bitte stopp den Motor',
    'danke, das reicht',
    'beenden wir das',
    'ferma la musica per favore',
    'grazie',
    'stop de muziek alsjeblieft',
    'zatrzymaj muzykę proszę',
    'lütfen müziği durdur',
    'dur bakalım',
    'من فضلك أوقف الموسيقى',
    'शुक्रिया',
    'कृपया संगीत रोकें',
    'tolong hentikan musik',
    'пожалуйста, остановите музыку',
    '请停止音乐',
    '谢谢',
    'How do I stop the subscription of my phone?',
    'can you stop by tomorrow',
    'non-stop',
    'stopwatch',
    'unsubscribe button',
    'The End',
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
    'отмена',
    'хватит',
    'बंद',
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
    ['the payload and label of Meta’s own', 'Stop promotions', 'Stop promotions', 'stop_promotions'],
    ['a label that ends promotions, whatever is behind it', 'Parar promoções', 'button-2', 'stop_promotions'],
    ['a label that ends promotions, and a payload that ends all', 'Detener promociones', 'STOP', 'stop'],
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
    ['stop_promotions', promotionWords],
    ['start', startWords],
  ] as const)('of %s is heard word for word, in capitals, and with decoration', (wish, vocabulary) => {
    for (const [language, entry] of entries(vocabulary)) {
      expect(entry, language).not.toBe('');
      expect([entry, wishOf(entry)]).toEqual([entry, wish]);
      expect([entry, wishOf(`  «${entry.toUpperCase()}» !! 😀`)]).toEqual([entry, wish]);
    }
  });

  it('has no word for both', () => {
    const stop = new Set(
      [...entries(stopWords), ...entries(promotionWords)].map(([, entry]) => plain(entry)),
    );
    expect(entries(startWords).filter(([, entry]) => stop.has(plain(entry)))).toEqual([]);
    const promotions = new Set(entries(promotionWords).map(([, entry]) => plain(entry)));
    expect(entries(stopWords).filter(([, entry]) => promotions.has(plain(entry)))).toEqual([]);
  });

  it('takes every courtesy on either side of a word, and none for a wish', () => {
    for (const [, entry] of entries(courtesies)) {
      expect([entry, wishOf(`${entry}, STOP!`)]).toEqual([entry, 'stop']);
      expect([entry, wishOf(`Stop — ${entry}.`)]).toEqual([entry, 'stop']);
      expect([entry, wishOf(entry)]).toEqual([entry, undefined]);
      expect([entry, wishOf(`${entry} ${entry}`)]).toEqual([entry, undefined]);
    }
  });

  it('tells the word itself from its synonyms', () => {
    expect(says('/START')?.isPlain).toBe(true);
    expect(says('alta')?.isPlain).toBe(false);
    expect(says('please start')?.isPlain).toBe(false);
  });
});

describe('what is said about it', () => {
  it('names the way back in every language', () => {
    for (const { stopped, resumed, promotionsStopped } of Object.values(consentSentences)) {
      expect(stopped).toContain('*START*');
      expect(resumed).toContain('*STOP*');
      expect(promotionsStopped).toContain('*STOP*');
    }
  });

  it('has a version of its own: raise consentWordingVersion and this digest when a sentence changes', () => {
    const said = JSON.stringify([consentSentences, alreadyStarted]);
    const digest = createHash('sha256').update(said).digest('hex').slice(0, 16);
    expect([consentWordingVersion, digest]).toEqual(['1', '31559e2568a1e449']);
  });
});
