/*
 * What Twilio's published OpenAPI documents (github.com/twilio/twilio-oai) say of the requests this product makes: fields that
 * exist, which are required, and the forms some must have.
 */

const sid = (prefix: string) => new RegExp(`^(?:${prefix})[0-9a-fA-F]{32}$`);
const any = /(?:)/;
const flag = /^(?:true|false)$/;

/** `CreateMessageRequest` of `twilio_api_v2010`. */
const messageFields: Readonly<Record<string, RegExp>> = {
  To: /^whatsapp:(?:\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9.]{1,132})$/,
  From: /^whatsapp:\+[1-9]\d{5,14}$/,
  Body: any,
  StatusCallback: /^https?:\/\/[^_/]+/,
  ApplicationSid: sid('AP'),
  MaxPrice: /^\d+(\.\d+)?$/,
  ProvideFeedback: flag,
  Attempt: /^\d+$/,
  ValidityPeriod: /^\d{1,5}$/,
  ForceDelivery: flag,
  ContentRetention: /^(?:retain|discard)$/,
  AddressRetention: /^(?:retain|obfuscate)$/,
  SmartEncoded: flag,
  PersistentAction: any,
  TrafficType: /^free$/,
  ShortenUrls: flag,
  ScheduleType: /^fixed$/,
  SendAt: any,
  SendAsMms: flag,
  ContentVariables: any,
  RiskCheck: /^(?:enable|disable)$/,
  FallbackFrom: any,
  MessagingServiceSid: sid('MG'),
  MediaUrl: /^https?:\/\//,
  ContentSid: sid('HX'),
};

/** `messaging.v2.whatsapp.typing.indicator` of `twilio_messaging_v2`. */
const typingFields: Readonly<Record<string, RegExp>> = { channel: /^whatsapp$/, messageId: sid('SM|MM') };

/** `ListMessage` of `twilio_api_v2010`. */
const listFields: Readonly<Record<string, RegExp>> = {
  To: any,
  From: any,
  DateSent: any,
  'DateSent<': any,
  'DateSent>': any,
  PageSize: /^(?:[1-9]\d{0,2}|1000)$/,
  Page: /^\d+$/,
  PageToken: any,
};

/** A request Twilio would refuse: its error code and what is wrong. */
export interface FormFault {
  readonly code: number;
  readonly message: string;
}

/** Checks a form for a new message. */
export function checkMessage(form: URLSearchParams): FormFault | undefined {
  const fault = checkFields(form, messageFields, ['PersistentAction', 'MediaUrl']);
  if (fault) return fault;
  if (!form.has('To')) return { code: 21604, message: "A 'To' phone number is required." };
  if (!form.has('From') && !form.has('MessagingServiceSid')) {
    return { code: 21603, message: "A 'From' phone number is required." };
  }
  if (!form.get('Body') && !form.has('MediaUrl') && !form.has('ContentSid')) {
    return { code: 21602, message: 'Message body is required.' };
  }
  if (!form.has('ContentSid') && form.has('ContentVariables')) {
    return { code: 21654, message: 'A ContentSid must be specified' };
  }
  if (!areValues(form.get('ContentVariables') ?? '{}')) {
    return { code: 21656, message: 'The ContentVariables parameter is invalid' };
  }
  return (form.get('Body') ?? '').length > 1600
    ? { code: 21617, message: 'The concatenated message body exceeds the 1600 character limit.' }
    : undefined;
}

/** "null or an empty string", "a newline, a tab, or more than four consecutive spaces" (21656). */
function areValues(json: string): boolean {
  const values = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return values.every(
    ([name, value]) =>
      /^\w{1,16}$/.test(name) && typeof value === 'string' && value !== '' && !/[\n\t]| {5}/.test(value),
  );
}

/** Checks a form for a typing indicator. */
export function checkTyping(form: URLSearchParams): FormFault | undefined {
  const fault = checkFields(form, typingFields);
  if (fault) return fault;
  const missing = Object.keys(typingFields).find((name) => !form.has(name));
  return missing ? { code: 20001, message: `${missing} is required` } : undefined;
}

/** Checks the query of a list of messages. */
export function checkList(query: URLSearchParams): FormFault | undefined {
  return checkFields(query, listFields);
}

function checkFields(
  form: URLSearchParams,
  fields: Readonly<Record<string, RegExp>>,
  lists: readonly string[] = [],
): FormFault | undefined {
  for (const [name, value] of form) {
    const pattern = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!pattern) return { code: 20001, message: `Unknown parameter ${name}` };
    if (!pattern.test(value)) return { code: name === 'To' ? 21211 : 20001, message: `Invalid ${name}` };
    if (form.getAll(name).length > 1 && !lists.includes(name)) {
      return { code: 20001, message: `Parameter ${name} given twice` };
    }
  }
  return undefined;
}
