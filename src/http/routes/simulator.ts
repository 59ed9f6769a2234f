import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import fastifyStatic from '@fastify/static';
// Brings the route option `hide`.
import type {} from '@fastify/swagger';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { testPeople } from '#src/domain/test-people.ts';
import type { Access } from '#src/http/access.ts';
import type { OwnerAccess } from '#src/http/open-access.ts';
import { chatPage } from '#src/http/pages/chat.ts';
import type { ChatView } from '#src/ports/chat-view.ts';
import type { Live } from '#src/ports/live.ts';
import type { MediaStore } from '#src/ports/media.ts';
import type { Clock, NewId } from '#src/ports/system.ts';
import { registerEvents } from './simulator-events.ts';
import { registerMedia } from './simulator-media.ts';
import { registerMessages } from './simulator-messages.ts';
import { registerSignIn } from './simulator-sign-in.ts';

/** What the chat page and its calls need. */
export interface PagesDeps {
  readonly appName: string;
  readonly isProduction: boolean;
  readonly access: Access & Pick<OwnerAccess, 'tryPassword'>;
  readonly chatView: ChatView;
  /** The pipeline's entrance, the same one webhooks use. Resolves once the messages are stored. */
  readonly accept: (messages: readonly InboundMessage[]) => Promise<unknown>;
  readonly mediaStore: MediaStore;
  /** Absolute path of the folder that the simulator channel fetches uploads from; made when missing. */
  readonly spoolFolder: string;
  readonly live: Live;
  readonly newId: NewId;
  readonly clock: Clock;
  /** Largest file that can be sent, in bytes. */
  readonly maxBytes: number;
  readonly aiIsOffline: boolean;
  /** Prints a fresh sign-in link in the terminal; offered outside production only. */
  readonly printSignInLink?: (() => void) | undefined;
}

const threadQuery = z.object({
  person: z.enum(testPeople.map((person) => person.phone)),
  before: z.uuid().optional(),
});
const pageQuery = z.object({ person: z.string().optional().catch(undefined) });
const messageParams = z.object({ messageId: z.uuid() });

/** How many messages the page shows before it offers earlier ones. */
const pageOfMessages = 60;

/**
 * The chat page `/simulator`, its calls, the sign-in page and their static files. Everything but sign-in and `/assets` needs the
 * session cookie, in every mode.
 */
export function createPages(deps: PagesDeps): FastifyPluginAsync {
  return async (app) => {
    // Pages are not part of the API's documentation.
    app.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true };
    });
    if (!app.hasContentTypeParser('application/x-www-form-urlencoded')) await app.register(formbody);
    if (!app.hasContentTypeParser('multipart/form-data')) {
      await app.register(multipart, { throwFileSizeLimit: false });
    }
    await app.register(fastifyStatic, {
      root: new URL('../public', import.meta.url).pathname,
      prefix: '/assets/',
      decorateReply: !app.hasReplyDecorator('sendFile'),
      index: false,
      // Always asked for, rarely sent: an upgraded server must not meet yesterday's script.
      cacheControl: false,
      setHeaders: (reply) => {
        if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache');
      },
    });

    registerSignIn(app, deps);
    await app.register(async (guarded) => {
      // On request, so that nothing of an uninvited upload is read.
      guarded.addHook('onRequest', deps.access.requireSession);

      guarded.get('/simulator', async (request, reply) => {
        const { person } = pageQuery.parse(request.query);
        const people = await deps.chatView.people(testPeople.map(({ phone }) => phone));
        const chosen = testPeople.find(({ phone }) => phone === person) ?? testPeople[0];
        reply.header('content-type', 'text/html; charset=utf-8').header('cache-control', 'no-store');
        return chatPage({ ...deps, people, chosenPhone: chosen?.phone ?? '' });
      });

      guarded.get('/simulator/people', async (_request, reply) => {
        reply.header('cache-control', 'no-store');
        return deps.chatView.people(testPeople.map(({ phone }) => phone));
      });

      guarded.get('/simulator/thread', async (request, reply) => {
        const query = threadQuery.safeParse(request.query);
        if (!query.success) throw new NotFound('There is no such chat');
        const { person, before } = query.data;
        reply.header('cache-control', 'no-store');
        return deps.chatView.thread(person, { limit: pageOfMessages, before });
      });

      guarded.get('/simulator/messages/:messageId', async (request, reply) => {
        const params = messageParams.safeParse(request.params);
        if (!params.success) throw new NotFound('There is no such message');
        reply.header('cache-control', 'no-store');
        return deps.chatView.inspect(params.data.messageId);
      });

      registerMessages(guarded, deps);
      registerMedia(guarded, deps);
      registerEvents(guarded, deps);
    });
  };
}
