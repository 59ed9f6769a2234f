import type { ConsentAction, ConsentSource, ConsentType } from '#src/domain/consent.ts';
import type { ChannelName } from '#src/domain/identity.ts';

/* The tables of consent and erasure; part of the schema. */

/** One entry of the consent log; entries are added, never changed. */
export interface ConsentRow {
  id: string;
  user_id: string;
  type: ConsentType;
  action: ConsentAction;
  source: ConsentSource;
  /** Where it was said, or which provider told. */
  channel: ChannelName | null;
  /** The message that said it. */
  message_id: string | null;
  /** Which version of our words the person was told. */
  wording_version: string | null;
  /** The provider's code. */
  detail: string | null;
  created_at: string;
}

/** Something a provider still keeps of a person who was erased. */
export interface ErasureRow {
  id: string;
  user_id: string;
  channel: ChannelName;
  kind: 'message' | 'file';
  /** The provider's id of a message, or what gets a file. */
  value: string;
  created_at: string;
}

/** A file of ours that a provider keeps because a part carried it. */
export interface UploadRow {
  id: string;
  part_id: string;
  channel: ChannelName;
  /** What gets the file there. */
  ref: string;
  created_at: string;
}

/** A message that was erased, so that it does not come in again. */
export interface ErasedMessageRow {
  /** Of its channel and provider id, see `digestOf`. */
  digest: string;
  created_at: string;
}
