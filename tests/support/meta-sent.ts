import type { MetaFault } from './meta-answers.ts';
import type { MetaPerson } from './meta-webhook.ts';

/** What becomes of one attempt to send. A drop closes the connection: before taking the message, or after. */
export type MetaSendFault =
  | 'ok'
  | 'drop-before'
  | 'drop-after'
  /** Taken; the 200 breaks off in the middle of its JSON. */
  | 'broken-answer'
  /** Taken; a 200 with JSON that names no message. */
  | 'no-message'
  /** Taken; a 200 that is no JSON. */
  | 'no-json'
  /** Taken; never answered. */
  | 'silent'
  | MetaFault;

/** A message the stand-in took. */
export interface MetaSent {
  readonly id: string;
  readonly to: string | undefined;
  readonly recipient: string | undefined;
  readonly type: string;
  /** The words of it, wherever they are: body, caption or interactive body; '' for the others. */
  readonly text: string;
  readonly reference: string | undefined;
  /** The request's JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** The person a message went to; a phone's user id is made up from it. */
export function personOf({ to, recipient }: MetaSent): MetaPerson {
  const phone = to?.replace('+', '');
  return { phone, bsuid: recipient ?? `US.9${phone}` };
}

/** A request's JSON as a message. */
export function sentOf(json: Readonly<Record<string, unknown>>, id: string): MetaSent {
  const type = String(json.type);
  const content = json[type] as { body?: string | { text: string }; caption?: string };
  const words = typeof content.body === 'object' ? content.body.text : content.body;
  const string = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    id,
    to: string(json.to),
    recipient: string(json.recipient),
    type,
    text: words ?? content.caption ?? '',
    reference: string(json.biz_opaque_callback_data),
    json,
  };
}
