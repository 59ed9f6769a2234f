import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import { testPeople } from '#src/domain/test-people.ts';
import type { PagesDeps } from './simulator.ts';
import { simulatorAddress } from './simulator-messages.ts';

/** Often enough that no proxy takes the line for dead. */
const heartbeatMs = 20_000;
/** A stream ends now and then, so that the session is checked again when the page reconnects. */
const streamLifeMs = 15 * 60_000;
/** How long a page waits before it reconnects. */
const retryMs = 1_500;

const query = z.object({ person: z.enum(testPeople.map((person) => person.phone)) });

/**
 * `GET /simulator/events?person=…`: server-sent events for the page that shows this person. `changed` means: read the thread again;
 * `people`: somebody else's chat changed; `typing`: show the dots. Events carry nothing, so losing one costs nothing.
 */
export function registerEvents(app: FastifyInstance, deps: Pick<PagesDeps, 'live' | 'chatView'>): void {
  const open = new Set<PassThrough>();
  // Without this a closing server would wait for pages that never hang up.
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end();
  });

  app.get('/simulator/events', async (request, reply) => {
    const parsed = query.safeParse(request.query);
    if (!parsed.success) throw new NotFound('There is no such chat');
    const { person } = parsed.data;

    const stream = new PassThrough();
    const tell = (kind: string) => {
      // A reader that stopped reading is cut off instead of being remembered for: it rereads everything on return.
      if (stream.writableLength > 64_000) stream.destroy();
      else if (stream.writable) stream.write(`event: ${kind}\ndata: {}\n\n`);
    };
    const whoIs = rememberUser(deps, person);
    const unsubscribe = deps.live.subscribe((event) => {
      if (event.kind === 'typing_to') {
        if (event.address === simulatorAddress(person)) tell('typing');
        return;
      }
      // Told as a change as well.
      if (event.kind === 'stopped') return;
      whoIs().then(
        (userId) => {
          if (event.userId === userId) tell(event.kind);
          else if (event.kind === 'changed') tell('people');
        },
        // The page cannot be told what changed, so it is told to look.
        (error: unknown) => {
          request.log.warn({ err: error }, 'Could not look up whose chat changed');
          tell('changed');
        },
      );
    });
    const heartbeat = setInterval(() => stream.writable && stream.write(': still here\n\n'), heartbeatMs);
    const life = setTimeout(() => stream.end(), streamLifeMs);
    open.add(stream);
    stream.once('close', () => {
      open.delete(stream);
      clearInterval(heartbeat);
      clearTimeout(life);
      unsubscribe();
    });
    request.raw.once('close', () => stream.destroy());

    stream.write(`retry: ${retryMs}\nevent: changed\ndata: {}\n\n`);
    return reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store, no-transform')
      .header('x-accel-buffering', 'no')
      .send(stream);
  });
}

/** A person gets a user id with the first message and keeps it: asked for until known, then remembered. */
function rememberUser(deps: Pick<PagesDeps, 'chatView'>, phone: string): () => Promise<string | null> {
  let known: string | null = null;
  return async () => {
    if (known === null) known = (await deps.chatView.people([phone]))[0]?.userId ?? null;
    return known;
  };
}
