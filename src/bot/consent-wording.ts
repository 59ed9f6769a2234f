import type { ConsentLanguage } from './consent-vocabulary.ts';

/**
 * The version of the sentences below, kept in the consent log: it tells what a person was told. A test fails when they change and it
 * does not.
 */
export const consentWordingVersion = '1';

interface ConsentSentences {
  /** Said once after STOP, and then nothing any more. */
  readonly stopped: string;
  /** Said after START. */
  readonly resumed: string;
  /** Said to whoever wants no promotions any more. */
  readonly promotionsStopped: string;
}

/** What is said about STOP and START, in the language of the word. Each names the word that undoes it. */
export const consentSentences: Readonly<Record<ConsentLanguage, ConsentSentences>> = {
  en: {
    stopped:
      'Done: you will get no more messages from me. Send *START* whenever you want to hear from me again.',
    resumed:
      'Welcome back! I answer your messages again. What you sent in between stays unanswered; *STOP* ends it any time.',
    promotionsStopped:
      'Done: no more promotions from me. I still answer your messages; *STOP* ends those too.',
  },
  es: {
    stopped: 'Hecho: no recibirás más mensajes míos. Envía *START* cuando quieras volver a recibirlos.',
    resumed:
      '¡Qué bien que estés de vuelta! Vuelvo a responder a tus mensajes. Lo que enviaste entretanto queda sin respuesta; con *STOP* lo terminas cuando quieras.',
    promotionsStopped:
      'Hecho: no recibirás más promociones mías. Sigo respondiendo a tus mensajes; con *STOP* termina también eso.',
  },
  pt: {
    stopped:
      'Pronto: você não receberá mais mensagens minhas. Envie *START* quando quiser voltar a recebê-las.',
    resumed:
      'Que bom ter você de volta! Respondo de novo às suas mensagens. O que você enviou nesse meio-tempo fica sem resposta; *STOP* encerra a qualquer momento.',
    promotionsStopped:
      'Pronto: você não receberá mais promoções minhas. Continuo respondendo às suas mensagens; *STOP* encerra isso também.',
  },
  fr: {
    stopped:
      'C’est fait : vous ne recevrez plus de messages de ma part. Envoyez *START* quand vous voudrez en recevoir à nouveau.',
    resumed:
      'Bon retour ! Je réponds de nouveau à vos messages. Ce que vous avez envoyé entre-temps reste sans réponse ; *STOP* y met fin à tout moment.',
    promotionsStopped:
      'C’est fait : vous ne recevrez plus de promotions de ma part. Je réponds toujours à vos messages ; *STOP* y met fin aussi.',
  },
  de: {
    stopped:
      'Erledigt: Sie bekommen keine Nachrichten mehr von mir. Senden Sie *START*, wenn Sie wieder von mir hören möchten.',
    resumed:
      'Willkommen zurück! Ich antworte wieder auf Ihre Nachrichten. Was Sie inzwischen geschickt haben, bleibt unbeantwortet; *STOP* beendet es jederzeit.',
    promotionsStopped:
      'Erledigt: Sie bekommen keine Werbung mehr von mir. Auf Ihre Nachrichten antworte ich weiter; *STOP* beendet auch das.',
  },
  it: {
    stopped: 'Fatto: non riceverai più messaggi da me. Invia *START* quando vorrai riceverne di nuovo.',
    resumed:
      'Che bello risentirti! Rispondo di nuovo ai tuoi messaggi. Quello che hai inviato nel frattempo resta senza risposta; con *STOP* smetto in qualsiasi momento.',
    promotionsStopped:
      'Fatto: non riceverai più promozioni da me. Continuo a rispondere ai tuoi messaggi; *STOP* mette fine anche a questo.',
  },
  nl: {
    stopped:
      'Klaar: je krijgt geen berichten meer van mij. Stuur *START* wanneer je weer van mij wilt horen.',
    resumed:
      'Welkom terug! Ik beantwoord je berichten weer. Wat je intussen stuurde blijft onbeantwoord; *STOP* beëindigt het op elk moment.',
    promotionsStopped:
      'Klaar: je krijgt geen reclame meer van mij. Ik beantwoord je berichten nog; *STOP* beëindigt ook dat.',
  },
  pl: {
    stopped:
      'Gotowe: nie dostaniesz ode mnie więcej wiadomości. Wyślij *START*, gdy zechcesz znowu je dostawać.',
    resumed:
      'Witaj ponownie! Znów odpowiadam na Twoje wiadomości. To, co przyszło w międzyczasie, zostaje bez odpowiedzi; *STOP* kończy to w każdej chwili.',
    promotionsStopped:
      'Gotowe: nie dostaniesz ode mnie więcej promocji. Nadal odpowiadam na Twoje wiadomości; *STOP* kończy i to.',
  },
  tr: {
    stopped: 'Tamam: artık benden mesaj almayacaksınız. Yeniden almak istediğinizde *START* yazın.',
    resumed:
      'Tekrar hoş geldiniz! Mesajlarınızı yeniden yanıtlıyorum. Bu arada gönderdikleriniz yanıtsız kalır; *STOP* ile istediğiniz an durdurabilirsiniz.',
    promotionsStopped:
      'Tamam: artık benden tanıtım mesajı almayacaksınız. Mesajlarınızı yanıtlamaya devam ediyorum; *STOP* onu da durdurur.',
  },
  ar: {
    stopped: 'تم: لن تصلك رسائل مني بعد الآن. أرسل *START* متى أردت استقبالها من جديد.',
    resumed:
      'أهلاً بعودتك! سأرد على رسائلك من جديد. ما أرسلته في هذه الأثناء يبقى بلا رد، ويمكنك إرسال *STOP* في أي وقت.',
    promotionsStopped:
      'تم: لن تصلك عروض مني بعد الآن. ما زلت أرد على رسائلك، ويمكنك إنهاء ذلك أيضاً بإرسال *STOP*.',
  },
  hi: {
    stopped: 'हो गया: अब आपको मुझसे कोई संदेश नहीं मिलेगा। फिर से पाने के लिए *START* भेजें।',
    resumed:
      'फिर से स्वागत है! अब आपके संदेशों का जवाब फिर से दिया जाएगा। इस बीच भेजे गए संदेशों का जवाब नहीं दिया जाएगा; *STOP* से इसे कभी भी रोक सकते हैं।',
    promotionsStopped:
      'हो गया: अब आपको मुझसे कोई प्रचार संदेश नहीं मिलेगा। आपके संदेशों का जवाब मिलता रहेगा; *STOP* से वह भी रुक जाएगा।',
  },
  id: {
    stopped:
      'Selesai: Anda tidak akan menerima pesan lagi dari saya. Kirim *START* bila ingin menerimanya kembali.',
    resumed:
      'Selamat datang kembali! Saya menjawab pesan Anda lagi. Pesan yang Anda kirim sementara itu tidak dijawab; *STOP* menghentikannya kapan saja.',
    promotionsStopped:
      'Selesai: Anda tidak akan menerima promosi lagi dari saya. Pesan Anda tetap saya jawab; *STOP* mengakhirinya juga.',
  },
  ru: {
    stopped:
      'Готово: вы больше не будете получать от меня сообщений. Отправьте *START*, если захотите получать их снова.',
    resumed:
      'С возвращением! Я снова отвечаю на ваши сообщения. То, что пришло за это время, останется без ответа; *STOP* прекращает всё в любой момент.',
    promotionsStopped:
      'Готово: вы больше не будете получать от меня рекламу. На ваши сообщения я по-прежнему отвечаю; *STOP* прекращает и это.',
  },
  zh: {
    stopped: '好的，您不会再收到我的消息。想恢复时请发送 *START*。',
    resumed: '欢迎回来！我会继续回复您的消息。期间发来的消息不再回复；随时可以发送 *STOP* 停止。',
    promotionsStopped: '好的，您不会再收到我的促销消息。您的消息我仍会回复；发送 *STOP* 可全部停止。',
  },
};

/** The answer to START from somebody who never stopped. */
export const alreadyStarted =
  'I am here and answer your messages: just write. */help* lists what I can do, *STOP* ends it any time.';
