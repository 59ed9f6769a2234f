import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  type AnswerText,
  answerBody,
  type Fault,
  play,
  type SpokenWords,
  sendError,
  sendJson,
  transcript,
} from './openai-answers.ts';
import {
  ApiRefusal,
  type AskedQuestion,
  check,
  endpointOf,
  type OpenAiEndpoint,
  type ReadRequest,
  readQuestion,
  readUpload,
  type UploadedSound,
} from './openai-requests.ts';

/** One request that could be read. One that could not is among the problems. */
export interface OpenAiCall extends ReadRequest {
  readonly endpoint: OpenAiEndpoint;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The fault that was played instead of an answer. */
  readonly fault?: Fault['kind'];
  /** When the request had been read, in milliseconds of `Date.now()`. */
  readonly askedAt: number;
  /** When the whole answer had been handed over; undefined while it has not, and for good when the client went away first. */
  readonly answeredAt?: number;
}

/** A server that speaks OpenAI's API, strictly, and does what a test tells it. */
export interface OpenAiStandIn extends AsyncDisposable {
  /** For OPENAI_BASE_URL: `http://127.0.0.1:<port>/v1`. */
  readonly url: string;
  /** Every request, oldest first. */
  readonly calls: readonly OpenAiCall[];
  /** What the real API would have refused, one sentence each. Tests assert that it stays empty. */
  readonly problems: readonly string[];
  /** What the model answers from now on. */
  answers(answer: (question: AskedQuestion) => AnswerText | Promise<AnswerText>): void;
  /** What is heard in recordings from now on. */
  transcribes(hear: (sound: UploadedSound) => SpokenWords | Promise<SpokenWords>): void;
  /** Plays these faults for the next requests, one each; `on` picks an endpoint, else any takes them. */
  next(...faults: (Fault & { readonly on?: OpenAiEndpoint })[]): void;
  /** From now on each request that no fault was scripted for is asked whether it goes wrong. */
  fails(choose: (request: ReadRequest) => Fault | undefined): void;
  /** Requests being served at this moment, and the most there ever were. */
  readonly load: { readonly now: number; readonly most: number };
  /** Resolves with the calls once there are that many. */
  called(times: number): Promise<readonly OpenAiCall[]>;
}

/** Opens the stand-in on a free port. `models` limits the models it knows; any model is served without it. */
export async function openOpenAiStandIn(
  options: { models?: readonly string[] } = {},
): Promise<OpenAiStandIn> {
  const calls: OpenAiCall[] = [];
  const load = { now: 0, most: 0 };
  let choose: (request: ReadRequest) => Fault | undefined = () => undefined;
  const problems: string[] = [];
  const faults: (Fault & { on?: OpenAiEndpoint })[] = [];
  const waiting = new Set<() => void>();
  let answer: (question: AskedQuestion) => AnswerText | Promise<AnswerText> = () => 'Understood.';
  let hear: (sound: UploadedSound) => SpokenWords | Promise<SpokenWords> = () => ({
    text: 'Please send the list to Ana.',
    language: 'en',
  });

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.destroyed || response.headersSent) return;
      if (!(error instanceof ApiRefusal)) {
        problems.push(`the stand-in itself failed: ${error}`);
        sendJson(response, 500, {
          error: { message: 'stand-in failed', type: 'server_error', param: null, code: null },
        });
        return;
      }
      problems.push(`${request.method} ${request.url}: ${error.status} ${error.message}`);
      sendError(response, error);
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await buffer(request);
    const endpoint = endpointOf(request);
    const read =
      endpoint === 'transcriptions' ? await readUpload(request, raw) : await readQuestion(endpoint, raw);
    const index = faults.findIndex(({ on }) => on === undefined || on === endpoint);
    const fault = index < 0 ? choose(read) : faults.splice(index, 1)[0];
    const call: OpenAiCall & { answeredAt?: number } = {
      endpoint,
      path: request.url ?? '',
      headers: request.headers,
      askedAt: Date.now(),
      ...read,
      ...(fault && { fault: fault.kind }),
    };
    calls.push(call);
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.once('finish', () => {
      call.answeredAt = Date.now();
    });
    response.once('close', () => {
      load.now -= 1;
    });
    for (const wake of waiting) wake();
    check(request, endpoint, read, options.models);
    if (fault && (await play(fault, endpoint, read.body, response))) return;
    if (read.sound) return sendJson(response, 200, transcript(read.body, read.sound, await hear(read.sound)));
    if (!read.question) throw new ApiRefusal(400, 'nothing was asked');
    const said = await answer(read.question);
    const { text, usage } = typeof said === 'string' ? { text: said, usage: undefined } : said;
    sendJson(response, 200, answerBody(endpoint, read.body, { text, usage }));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    problems,
    answers: (next) => {
      answer = next;
    },
    transcribes: (next) => {
      hear = next;
    },
    next: (...more) => {
      faults.push(...more);
    },
    fails: (next) => {
      choose = next;
    },
    load,
    called: (times) =>
      new Promise((resolve) => {
        const look = () => {
          if (calls.length < times) return;
          waiting.delete(look);
          resolve(calls);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
