import type { ChannelName, Identity } from './identity.ts';

/** What a message mainly is; the value of `messages.message_type`. Corrected by content once the files are read. */
export type MessageType =
  | 'text'
  | 'image'
  | 'voice'
  | 'video'
  | 'pdf'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contact'
  | 'button'
  | 'unsupported';

/** A file that came with a message, as the channel announced it; the label is not trusted. */
export interface InboundAttachment {
  /** What the channel's `fetchMedia` needs to get it: a link for Twilio, a media id for Meta, a spool name here. */
  readonly ref: string;
  /** The channel's label, lower case, without parameters: `audio/ogg`. Empty when none was given. */
  readonly declaredType: string;
  readonly fileName?: string | undefined;
}

/** A shared place. */
export interface SharedLocation {
  readonly latitude: number;
  readonly longitude: number;
  readonly name?: string | undefined;
  readonly address?: string | undefined;
}

/** What a message does to an earlier one, or to its sender, instead of saying something new. */
export type MessageChange =
  | { readonly kind: 'edit'; readonly originalProviderId: string }
  | { readonly kind: 'revoke'; readonly originalProviderId: string }
  /** The sender is known by these from now on: a new number, or a new id. */
  | { readonly kind: 'identities'; readonly current: readonly Identity[]; readonly replyAddress: string };

/** One message from a person, in the product's own words, whatever channel it came through. */
export interface InboundMessage {
  readonly channel: ChannelName;
  /** The provider's id (Twilio `MessageSid`): unique per channel, the key against duplicates. */
  readonly providerId: string;
  /** Every identity the webhook revealed, strongest first; at least one. */
  readonly sender: readonly Identity[];
  /** Where an answer goes, in the channel's own form, for instance `whatsapp:+15550001111`. */
  readonly replyAddress: string;
  /** Which of our numbers was written to, in the channel's own form. */
  readonly ownAddress: string;
  readonly profileName?: string | undefined;
  readonly type: MessageType;
  /** Text or caption; empty for a bare file. */
  readonly text: string;
  readonly attachments: readonly InboundAttachment[];
  readonly location?: SharedLocation | undefined;
  /** The label of a tapped button and the payload behind it. */
  readonly button?: { readonly text: string; readonly payload?: string | undefined } | undefined;
  /** The provider id of the message this one answers (swipe reply). */
  readonly quotedProviderId?: string | undefined;
  readonly forwarded?: boolean | undefined;
  /**
   * When it was written, by the provider's clock, in Unix milliseconds; undefined where the provider does not say. After an outage
   * that may be days ago.
   */
  readonly sentAtMs?: number | undefined;
  /** What came along in words, for the model and the reader: shared contact cards, an order, a live location. */
  readonly note?: string | undefined;
  /** Set when this changes something earlier; such a message is stored and applied, never answered. */
  readonly change?: MessageChange | undefined;
  /** For `unsupported`: the provider's own name of the type, for the log and the reply. */
  readonly providerType?: string | undefined;
}

/**
 * What is to become of a message. Stored on each inbound one. `outside_window`: it came so late that no answer to it would get
 * through.
 */
export type Verdict =
  | 'allowed'
  | 'not_whitelisted'
  | 'inactive'
  | 'rate_limited'
  | 'opted_out'
  | 'outside_window';
