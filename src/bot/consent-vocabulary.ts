/** Languages in which STOP and START are answered. */
export type ConsentLanguage =
  | 'en'
  | 'es'
  | 'pt'
  | 'fr'
  | 'de'
  | 'it'
  | 'nl'
  | 'pl'
  | 'tr'
  | 'ar'
  | 'hi'
  | 'id'
  | 'ru'
  | 'zh';

type Vocabulary = Readonly<Record<ConsentLanguage | 'others', string>>;

/*
 * What counts as STOP: the words that regulators, carriers and WhatsApp businesses print ("reply STOP, BAJA, SAIR, RET…"), and a
 * language's plain word for it. What is taken by mistake costs a person one word to undo, which the confirmation names; what is
 * missed is a message against somebody's will. So in doubt a word is in, unless it is an everyday answer to an assistant's question:
 *
 *   cancelar, annuler, annulla, batal, отмена, إلغاء                   answers "shall I send the draft?"
 *   fin, fine, ende, koniec                                           a part of a document, a date, the end of a story
 *   exit, salir, çık, quitter, no, enough, basta, хватит, 不要          menus and "more?"
 *   para (es, pt)                                                     mostly the preposition "for"
 *   alto (es), halt (de), बंद (hi)                                      tall; "just"; closed
 *   cancel, end (en), iptal (tr)                                      are in, but only bare: see `bareStopWords`
 *   arrête (fr), रुको (hi), smettila (it)                              are in: mostly said to make something stop
 *   baja (es)                                                         is in although it also means "low": Spain's printed word
 *   red (tr), acha (sw)                                               a color in English; "all right" in Hindi
 *   ret (tr), sair (pt), unreg (id), quit and revoke (en)             are in: printed words, hardly ever a whole answer
 *
 * Whole phrases may hold any of these ("cancel subscription"). Words of courtesy around an entry need no entries of their own.
 */
export const stopWords: Vocabulary = {
  en: 'stop, stop all, stopall, unsubscribe, unsubscribe me, unsub, opt out, optout, opt me out, quit, revoke, revoke consent, stop messages, stop messaging me, stop texting me, stop sending messages, stop sending me messages, stop now, no more messages, cancel subscription, cancel my subscription, remove me, remove me from the list, take me off the list, do not contact me, don’t contact me, do not message me, leave me alone, stop it, stop this, stop sending, stop contacting me, stop spamming me, stop notifications, do not text me, don’t text me, dont text me, dont contact me, don’t message me, dont message me, no more texts',
  es: 'baja, de baja, dar de baja, darme de baja, darse de baja, dame de baja, quiero darme de baja, desuscribir, desuscribirme, desuscribirse, desuscribime, desuscripción, cancelar suscripción, cancelar la suscripción, cancelar mi suscripción, anular suscripción, detener, detener mensajes, dejar de recibir, dejar de recibir mensajes, no más mensajes, no quiero más mensajes, no me escribas más, no me escriban más, detente, detenerse, no quiero recibir más mensajes, no quiero recibir mensajes, stop mensajes',
  pt: 'parar, pare, pare de enviar, pare de me enviar mensagens, sair, sair da lista, quero sair, descadastrar, descadastre, descadastro, me descadastre, desinscrever, desinscrição, cancelar inscrição, cancelar a inscrição, cancelar subscrição, cancelar assinatura, anular subscrição, remover subscrição, parar mensagens, não quero mais mensagens, não quero mais receber mensagens, não enviar mais, parem, não quero receber mensagens, não quero receber mais mensagens, stop mensagens',
  fr: 'arrêt, arrête, arrêter, arrêtez, arrêtez les messages, arrêter les messages, désabonner, désabonnement, désabonnez-moi, désabonne-moi, me désabonner, se désabonner, désinscrire, désinscription, désinscrivez-moi, me désinscrire, se désinscrire, annuler l’abonnement, annuler mon abonnement, plus de messages, ne plus recevoir de messages, stop sms, ne m’écrivez plus, je ne veux plus de messages, je ne veux plus recevoir de messages, ne plus me contacter, ne me contactez plus',
  de: 'stopp, stoppen, abmelden, abmeldung, abbestellen, abbestellung, austragen, aufhören, keine nachrichten mehr, keine weiteren nachrichten, abo beenden, abo kündigen, aufhoeren, beenden, abo kuendigen, ich möchte keine nachrichten mehr, ich moechte keine nachrichten mehr, ich will keine nachrichten mehr, stop nachrichten',
  it: 'ferma, fermati, fermare, fermate, disiscriviti, disiscrivi, disiscrivimi, disiscrivermi, disiscrizione, cancellami, cancellatemi, cancella iscrizione, cancellare iscrizione, annulla iscrizione, annulla l’iscrizione, revoca, revoca consenso, basta messaggi, niente più messaggi, non scrivetemi più, non voglio più messaggi, smetti, smettila, smettete, non voglio più ricevere messaggi, stop messaggi',
  nl: 'stoppen, stop maar, afmelden, meld me af, uitschrijven, schrijf me uit, afmelding, geen berichten meer, stuur geen berichten meer, abonnement opzeggen, abonnement stopzetten, stopzetten',
  pl: 'zatrzymaj, wypisz, wypisz mnie, wypisuję się, wypisać, rezygnuję, anuluj subskrypcję, zrezygnuj, odsubskrybuj, nie pisz więcej, nie wysyłaj więcej, proszę przestać, przestań pisać, koniec wiadomości',
  tr: 'dur, durdur, durdurun, ret, abonelikten çık, abonelikten ayrıl, aboneliği iptal et, abonelik iptal, abonelik iptali, listeden çık, listeden çıkar, beni listeden çıkar, mesaj istemiyorum, mesaj gönderme, mesaj atma, artık yazma, mesajları durdur, bildirimleri durdur',
  ar: 'توقف, قف, إيقاف, أوقف, أوقفوا, أوقف الرسائل, إيقاف الرسائل, إلغاء الاشتراك, ألغ الاشتراك, الغي الاشتراك, إلغاء اشتراكي, ستوب, لا ترسل, لا ترسل رسائل, لا أريد رسائل, لا تراسلني, أوقف الإرسال',
  hi: 'रोकें, रोको, रोक दो, रोक दें, बंद करें, बंद करो, बंद कर दो, संदेश बंद करें, मैसेज बंद करो, सदस्यता समाप्त करें, सदस्यता रद्द करें, स्टॉप, अनसब्सक्राइब, band karo, band kar do, band karen, message band karo, roko, mat bhejo, message mat bhejo, रुको, रुकें, रुकिए, बन्द करो, बन्द करें, बन्द कर दो, बंद कर दीजिए, संदेश मत भेजो, मैसेज मत भेजो',
  id: 'berhenti, hentikan, setop, unreg, berhenti berlangganan, batal berlangganan, batalkan langganan, hentikan pesan, berhenti kirim pesan, jangan kirim pesan, jangan kirim lagi, jangan hubungi saya, keluar dari daftar, stop kirim pesan',
  ru: 'стоп, отписаться, отписка, отпишите, отпишите меня, отпиши, отпиши меня, отпишусь, хочу отписаться, остановить, остановите, остановись, прекратить, прекратите, отменить подписку, отказаться от рассылки, не пишите, не пишите мне, не пишите больше, больше не пишите, больше не писать',
  zh: '停止, 停, 停止发送, 停止發送, 停止接收, 停止订阅, 停止訂閱, 退订, 退訂, 我要退订, 我要退訂, 回复退订, 取消订阅, 取消訂閱, 取消关注, 不要再发, 不要再發, 不要再发了, 不要再發了, 别再发了',
  others:
    'стій, відписатися, відписатись, зупинити, отписване, avregistrera, avprenumerera, avsluta prenumeration, avmeld, avmelding, meld av, afmeld, frameld, lopeta, peruuta tilaus, στοπ, σταμάτα, διαγραφή, απεγγραφή, dezabonare, dezabonează-mă, mă dezabonez, odhlásit, odhlásiť, zastavit, odjava, prekini pretplatu, leiratkozás, leiratkozom, הסר, הסרה, עצור, תפסיק, הפסק, لغو عضویت, لغو اشتراک, بند کریں, پیغام بند کریں, বন্ধ করুন, থামুন, dừng, dừng lại, ngừng, huỷ đăng ký, hủy đăng ký, หยุด, ยกเลิกการสมัคร, ยกเลิกรับข้อความ, 配信停止, 停止してください, ストップ, 중지, 정지, 수신거부, 수신 거부, 구독취소, 구독 취소, 스톱, sitisha, jiondoe',
};

/**
 * Words that are everyday answers and count all the same, because they are prescribed or printed: by the FCC
 * (https://www.law.cornell.edu/cfr/text/47/64.1200, (a)(10)), by Twilio, by Turkish carriers. Only as the bare word: "please
 * cancel" asks for something else.
 */
export const bareStopWords: Partial<Vocabulary> = { en: 'cancel, end', tr: 'iptal' };

/**
 * What asks for no more promotions, and for nothing else. English, Spanish, Portuguese and Italian begin with the label of the button
 * that WhatsApp Manager offers for marketing templates; Meta sends the label as payload.
 */
export const promotionWords: Partial<Vocabulary> = {
  en: 'stop promotions, stop promotion, stop promos, stop promo, stop marketing, stop ads, no more promotions, unsubscribe from promos, unsubscribe from promotions',
  es: 'detener promociones, parar promociones, no más promociones, no quiero recibir promociones',
  pt: 'parar promoções, parar promoção, interromper promoções, não quero receber promoções',
  fr: 'arrêter les promotions, arrêter les promos, stop pub, plus de promotions',
  de: 'werbung stoppen, werbeaktionen stoppen, keine werbung, keine werbung mehr, werbung beenden, stop werbung',
  it: 'interrompi promozioni, interrompi le promozioni, stop promozioni, basta promozioni',
  nl: 'stop promoties, promoties stoppen, geen reclame meer',
  pl: 'zatrzymaj promocje, koniec promocji',
  tr: 'promosyonları durdur, kampanyaları durdur',
  ar: 'إيقاف العروض, أوقف العروض, إيقاف العروض الترويجية',
  hi: 'प्रमोशन बंद करें, ऑफ़र बंद करें',
  id: 'hentikan promosi, stop promosi, berhenti promosi',
  ru: 'остановить рекламу, остановить рассылку рекламы, отключить рекламу',
  zh: '停止促销, 停止推广, 停止促銷',
};

/** What is said to be polite. It changes nothing about a wish, before it or behind it; in no language is it a wish by itself. */
export const courtesies: Partial<Vocabulary> = {
  en: 'please, pls, plz, kindly, thanks, thank you, thank u, thx, many thanks, thanks a lot, thank you very much',
  es: 'por favor, porfavor, porfa, gracias, muchas gracias',
  pt: 'obrigado, obrigada, muito obrigado, muito obrigada, por gentileza, se faz favor',
  fr: 's’il vous plaît, s’il te plaît, svp, stp, merci, merci beaucoup, merci bien',
  de: 'bitte, danke, danke schön, dankeschön, vielen dank',
  it: 'per favore, per piacere, per cortesia, ti prego, vi prego, grazie, grazie mille',
  nl: 'alsjeblieft, alstublieft, aub, graag, dank je, dank u, bedankt',
  pl: 'proszę, dziękuję, dzięki',
  tr: 'lütfen, teşekkürler, teşekkür ederim, sağol',
  ar: 'من فضلك, من فضلكم, لو سمحت, لو سمحتم, رجاء, الرجاء, شكرا, شكرا لك',
  hi: 'कृपया, कृपा करके, प्लीज़, प्लीज, धन्यवाद, शुक्रिया, kripya',
  id: 'tolong, mohon, terima kasih, makasih',
  ru: 'пожалуйста, спасибо',
  zh: '请, 請, 谢谢, 謝謝, 麻烦, 麻煩',
};

/** What counts as START. Only heard from somebody who has stopped, so everyday words may be in; `yes` and `ok` answer the confirmation. */
export const startWords: Vocabulary = {
  en: 'start, unstop, restart, resume, subscribe, resubscribe, subscribe me, opt in, optin, opt me in, start again, start messages, start now, start again now',
  es: 'alta, dar de alta, darme de alta, dame de alta, iniciar, inicio, empezar, comenzar, reanudar, reiniciar, activar, reactivar, suscribir, suscribirme, suscribirse, volver a empezar, continuar, volver',
  pt: 'começar, comece, recomeçar, iniciar mensagens, retomar, voltar, ativar, reativar, inscrever, inscrever-me, me inscreva, quero voltar, cadastrar',
  fr: 'démarrer, commencer, recommencer, reprendre, activer, réactiver, abonner, m’abonner, s’abonner, réabonner, me réabonner, inscrire, m’inscrire',
  de: 'starten, anfangen, beginnen, anmelden, anmeldung, wieder anmelden, fortsetzen, weitermachen, abonnieren, neustart, weiter',
  it: 'inizia, iniziare, inizio, avvia, avviare, riprendi, riprendere, ricomincia, attiva, riattiva, iscrivi, iscrivimi, iscriviti, iscrivermi',
  nl: 'begin, begin weer, aanmelden, meld me aan, inschrijven, hervatten, hervat, schrijf me in, doorgaan',
  pl: 'rozpocznij, zacznij, wznów, zapisz, zapisz mnie, zapisuję się, subskrybuj, wznowić, rozpocząć',
  tr: 'başla, başlat, başlatın, devam, devam et, onay, abone ol, yeniden başla, kabul',
  ar: 'ابدأ, إبدأ, بدء, ابدأ من جديد, اشترك, اشتراك, الاشتراك, استئناف, تفعيل, ستارت',
  hi: 'शुरू, शुरू करें, शुरू करो, फिर शुरू करें, चालू करें, चालू करो, सदस्यता लें, स्टार्ट, shuru karo, shuru karen, chalu karo, शुरु, शुरु करें, शुरु करो',
  id: 'mulai, mulai lagi, lanjut, lanjutkan, berlangganan, langganan, reg, daftar, aktifkan',
  ru: 'старт, начать, начни, начать снова, возобновить, подписаться, подпишите меня, продолжить, продолжай, хочу подписаться',
  zh: '开始, 開始, 订阅, 訂閱, 恢复, 恢復, 继续, 繼續, 重新开始, 重新開始, 重新订阅, 重新訂閱',
  others:
    'почати, підписатися, відновити, starta, börja, prenumerera, begynd, tilmeld, start igen, aloita, tilaa, έναρξη, ξεκίνα, εγγραφή, începe, abonare, abonează-mă, začít, přihlásit, začať, prihlásiť, počni, pretplati, indítás, feliratkozás, התחל, הצטרף, شروع, شروع کریں, শুরু করুন, bắt đầu, đăng ký, เริ่ม, เริ่มใหม่, 再開, スタート, 시작, 재개, 구독, 스타트, anza, jiunge',
};
