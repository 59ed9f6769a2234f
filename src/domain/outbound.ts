/** One of the things a person can tap; channels without buttons list them with numbers. */
export interface Choice {
  /** Comes back as the button's payload; at most 200 characters. */
  readonly id: string;
  /** At most 20 characters on a button, 24 in a list. */
  readonly title: string;
  /** In lists only; at most 72 characters. */
  readonly description?: string | undefined;
}

/** An approved template with its values: the only thing WhatsApp carries to somebody who has not written for 24 hours. */
export interface TemplateUse {
  /** Meta: the template's name. Twilio: its ContentSid, `HX…`. */
  readonly name: string;
  /** `en_US`; '' on Twilio, where a ContentSid has one language. */
  readonly language: string;
  /** Values by placeholder: `1`, `2` or a name. */
  readonly values: Readonly<Record<string, string>>;
}

/** A file of ours that goes out. */
export interface OutboundFile {
  /** Absolute path. */
  readonly path: string;
  readonly mimeType: string;
  readonly fileName: string;
}

/** What a part is beside its text; a part has at most one of choices, template and file. */
export interface PartExtras {
  /** The provider id of the message it answers, shown as a quotation. */
  readonly quotes?: string | undefined;
  readonly choices?: readonly Choice[] | undefined;
  readonly template?: TemplateUse | undefined;
  /** It only tells that something is held. */
  readonly isNudge?: true | undefined;
  readonly file?: OutboundFile | undefined;
}
