import type { OutboundState } from '#src/domain/delivery.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { MessageType, Verdict } from '#src/domain/message.ts';
import type { Choice } from '#src/domain/outbound.ts';
import type { PageUnit, Reading } from '#src/domain/reading.ts';
import type { Usage } from '#src/domain/usage.ts';
import type { ConsentView } from './privacy.ts';

/** A test person in the chooser. Times are ISO-8601 UTC here and below; what is unknown is null, as it travels as JSON. */
export interface ChatPerson {
  readonly phone: string;
  /** Null until the person has written for the first time. */
  readonly userId: string | null;
  readonly lastMessage: {
    readonly side: ChatSide;
    readonly type: MessageType;
    readonly text: string;
    readonly at: string;
  } | null;
}

/** Who speaks: the test person or the bot. */
export type ChatSide = 'person' | 'assistant';

/** A file in a bubble. */
export interface ChatFile {
  readonly id: string;
  readonly name: string | null;
  /** The sniffed type once known, the label before; '' when neither is. */
  readonly mimeType: string;
  readonly bytes: number | null;
  readonly state: 'pending' | 'fetched' | 'read' | 'failed';
  readonly problem: string | null;
  /** Pages of a document, seconds of sound; null when unknown or neither. */
  readonly pages: number | null;
  /** What the pages are; null where there are none, and where only reading made them: sections mean nothing to people. */
  readonly unit: Exclude<PageUnit, 'section'> | null;
  readonly seconds: number | null;
  /** False when the bytes are no longer on disk. */
  readonly isAvailable: boolean;
}

/** One bubble: an inbound message, or one outbound part as the person heard it. */
export interface ChatBubble {
  /** Message id for the person's, part id for the bot's. */
  readonly id: string;
  readonly messageId: string;
  readonly side: ChatSide;
  /** What a reply to this bubble quotes; null while unknown. */
  readonly providerId: string | null;
  readonly at: string;
  readonly type: MessageType;
  readonly text: string;
  readonly quoted: { readonly side: ChatSide; readonly type: MessageType; readonly text: string } | null;
  readonly files: readonly ChatFile[];
  /** What can be tapped below it. */
  readonly choices: readonly Choice[];
  readonly verdict: Verdict | null;
  /** Person: stored, taken up, answered. Bot: the part's own state. */
  readonly tick:
    | 'stored'
    | 'seen'
    | 'answered'
    | 'held'
    | 'sent'
    | 'delivered'
    | 'read'
    | 'played'
    | 'failed';
  readonly problem: string | null;
}

/** The newest part of a person's chat, oldest bubble first. */
export interface ChatThread {
  readonly userId: string | null;
  readonly bubbles: readonly ChatBubble[];
  /** Pass as `before` to get what came earlier; null when that is all. */
  readonly olderCursor: string | null;
  /** True while a turn of this person is being worked on. */
  readonly isWorking: boolean;
}

/** One file with everything that was found out about it. */
export interface InspectedFile extends ChatFile {
  readonly declaredType: string;
  readonly sniffedType: string | null;
  readonly isMislabelled: boolean;
  readonly readMs: number | null;
  readonly reading: Reading | null;
  readonly extractedText: string | null;
  readonly transcript: string | null;
  readonly language: string | null;
}

/** One outbound text and how far it got. */
export interface InspectedPart {
  readonly id: string;
  readonly position: number;
  readonly text: string;
  readonly channel: ChannelName;
  /** The channel it was meant for, when that had stopped and another one was open. */
  readonly reroutedFrom: ChannelName | null;
  readonly state: OutboundState;
  readonly providerId: string | null;
  readonly errorCode: string | null;
  /** The same in plain words. */
  readonly errorReason: string | null;
  readonly attempts: number;
  /** Of one that failed in passing and waits to be sent again. */
  readonly retryAt: string | null;
  readonly sentAt: string | null;
  readonly deliveredAt: string | null;
  readonly readAt: string | null;
  readonly playedAt: string | null;
  readonly failedAt: string | null;
}

/** What happened to one message. */
export interface Inspection {
  readonly messageId: string;
  readonly userId: string;
  readonly conversationId: string | null;
  readonly conversationTitle: string | null;
  readonly providerId: string | null;
  readonly channel: ChannelName;
  readonly side: ChatSide;
  readonly type: MessageType;
  readonly text: string;
  readonly verdict: Verdict | null;
  readonly isProcessed: boolean;
  readonly problem: string | null;
  readonly at: string;
  readonly turn: {
    readonly id: string;
    readonly state: 'open' | 'answered' | 'done' | 'failed';
    readonly problem: string | null;
    readonly steps: readonly { readonly step: string; readonly ms: number }[];
    readonly startedAt: string;
    readonly finishedAt: string | null;
    /** How many of the person's messages were answered as one. */
    readonly joinedMessages: number;
    /** Which model wrote the answer; null when none did (commands, refusals). */
    readonly model: string | null;
  } | null;
  readonly usage: readonly Usage[];
  readonly files: readonly InspectedFile[];
  readonly parts: readonly InspectedPart[];
  /** The person's consent log, newest first. */
  readonly consents: readonly ConsentView[];
}

/** Where the bytes of a file are and what they are. */
export interface StoredFile {
  /** Relative to the media folder; null before the fetch and after removal. */
  readonly path: string | null;
  /** The channel's own reference. */
  readonly ref: string;
  readonly channel: ChannelName;
  readonly state: ChatFile['state'];
  readonly mimeType: string;
  readonly name: string | null;
}

/** What the chat page reads. It never writes: what people send goes through the pipeline. */
export interface ChatView {
  /** One entry for each phone, in the same order. */
  people(phones: readonly string[]): Promise<ChatPerson[]>;
  /** The newest `limit` messages, or those before the cursor. Someone who never wrote has an empty thread. */
  thread(phone: string, options: { limit: number; before?: string | undefined }): Promise<ChatThread>;
  /** @throws NotFound */
  inspect(messageId: string): Promise<Inspection>;
  /** @throws NotFound */
  file(attachmentId: string): Promise<StoredFile>;
}
