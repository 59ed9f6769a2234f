import type { FastifyReply, FastifyRequest } from 'fastify';

/** A route guard: lets the request pass or answers 401 (a browser asking for a page is sent to `/sign-in`). */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Who may see pages and call the API: one owner, by password, by one-time link, by session cookie or by bearer token. */
export interface Access {
  readonly hasPassword: boolean;
  passwordMatches(given: string): boolean;
  /** A fresh token for a sign-in link; each works once. */
  issueLinkToken(): string;
  redeemLinkToken(token: string): boolean;
  startSession(reply: FastifyReply): void;
  endSession(reply: FastifyReply): void;
  /** True when the request carries a valid session cookie. */
  hasSession(request: FastifyRequest): boolean;
  /** For pages and their calls: needs the session cookie and, for anything but GET, our own Origin. */
  readonly requireSession: Guard;
  /** For `/api/v1`: needs `Authorization: Bearer`. */
  readonly requireBearer: Guard;
}
