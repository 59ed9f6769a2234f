/**
 * @typedef {import('../../ports/chat-view.ts').ChatBubble} ChatBubble
 * @typedef {import('../../ports/chat-view.ts').ChatThread} ChatThread
 * @typedef {import('../../ports/chat-view.ts').ChatPerson} ChatPerson
 * @typedef {import('../../ports/chat-view.ts').Inspection} Inspection
 */

/** A call that the server answered with a refusal, in words for the person in front of the page. */
export class Refused extends Error {}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function call(path, options = {}) {
  const response = await fetch(path, { headers: { accept: 'application/json' }, ...options });
  if (response.status === 401) {
    // The session has ended: nothing on this page works any more.
    location.assign('/sign-in');
    throw new Refused('Please sign in again.');
  }
  const body = await response.json().catch(() => undefined);
  if (!response.ok) throw new Refused(messageOf(body) ?? `The server answered ${response.status}.`);
  return body;
}

/** @param {any} body */
function messageOf(body) {
  const message = body?.message ?? body?.error?.message;
  return typeof message === 'string' ? message : undefined;
}

/**
 * @param {string} person
 * @param {string} [before]
 * @returns {Promise<ChatThread>}
 */
export function getThread(person, before) {
  const query = new URLSearchParams(before ? { person, before } : { person });
  return call(`/simulator/thread?${query}`);
}

/** @returns {Promise<ChatPerson[]>} */
export const getPeople = () => call('/simulator/people');

/**
 * @param {string} messageId
 * @returns {Promise<Inspection>}
 */
export const getInspection = (messageId) => call(`/simulator/messages/${messageId}`);

/**
 * Sends one message, or one for each file. Sending the same `clientId` again is the same message.
 * @param {{ person: string, clientId: string, text: string, quoted?: string | null, choice?: string, files: File[] }} message
 * @returns {Promise<{ providerIds: string[] }>}
 */
export function postMessage(message) {
  const form = new FormData();
  form.set('person', message.person);
  form.set('clientId', message.clientId);
  form.set('text', message.text);
  if (message.quoted) form.set('quoted', message.quoted);
  if (message.choice) form.set('choice', message.choice);
  for (const file of message.files) form.append('files', file, file.name);
  return call('/simulator/messages', { method: 'POST', body: form });
}
