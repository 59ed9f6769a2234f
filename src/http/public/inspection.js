import { make } from './dom.js';
import { excerpt, factList, figure, section } from './fact-blocks.js';
import { drawTicks } from './ticks.js';
import { cost, duration, kindName, milliseconds, number, problemName, refusal, size } from './wording.js';

/**
 * @typedef {import('../../ports/chat-view.ts').Inspection} Inspection
 * @typedef {import('../../ports/chat-view.ts').InspectedFile} InspectedFile
 */

const partStates = {
  queued: 'Queued',
  sending: 'Being sent',
  held: 'Waits until the person writes, or until its broadcast goes on',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  played: 'Played',
  failed: 'Failed',
};
const consentTypes = { messages: 'Messages', marketing: 'Templates for many' };
const consentSources = {
  message: 'the person',
  whatsapp: 'the person, in WhatsApp',
  provider: 'the provider',
  owner: 'the owner',
};
const turnStates = { open: 'Being worked on', answered: 'Being delivered', done: 'Done', failed: 'Failed' };
const usageNames = { reply: 'Answer', vision: 'Looking at pictures', transcription: 'Transcript' };
const partlyReasons = {
  page_limit: 'the page limit was reached',
  time_limit: 'reading took too long',
  memory_limit: 'reading took too much memory',
  size_limit: 'there was too much text',
  damaged_pages: 'the rest is damaged',
  scan_limit: 'only so many scanned pages are looked at',
  vision_failed: 'some pages could not be looked at',
};

/**
 * @param {Inspection} facts
 * @returns {HTMLElement[]}
 */
export function drawInspection(facts) {
  return [
    drawSummary(facts),
    ...[facts.problem, facts.turn?.problem === facts.problem ? null : facts.turn?.problem]
      .filter((problem) => problem)
      .map((problem) => make('p.alert.is-bad', {}, String(problem))),
    drawSteps(facts),
    drawFiles(facts),
    drawUsage(facts),
    drawParts(facts),
    drawConsents(facts),
    drawIds(facts),
  ].filter((part) => part !== null);
}

/** @param {Inspection} facts */
function drawSummary({ verdict, side, turn, usage, type }) {
  const totalMs = turn?.steps.reduce((sum, { ms }) => sum + ms, 0) ?? 0;
  const tokens = usage.reduce((sum, entry) => sum + entry.promptTokens + entry.completionTokens, 0);
  const costMicros = usage.reduce((sum, entry) => sum + entry.costMicros, 0);
  const refused = refusal(verdict);
  const first =
    side === 'assistant'
      ? figure('Message', 'Answer')
      : figure(
          'Verdict',
          refused ?? (verdict === 'allowed' ? 'Allowed' : 'Waiting'),
          refused ? 'is-bad' : verdict ? 'is-good' : '',
        );
  return make(
    'dl.summary',
    {},
    first,
    side === 'person' ? figure('Kind', kindName(type)) : figure('Model', turn?.model ?? 'None'),
    turn && figure('Turn', turnStates[turn.state], turn.state === 'failed' ? 'is-bad' : ''),
    turn && turn.steps.length > 0 && figure('Worked for', milliseconds(totalMs)),
    turn && side === 'person' && figure('Model', turn.model ?? 'None'),
    turn && turn.joinedMessages > 1 && figure('Answered together', `${turn.joinedMessages} messages`),
    usage.length > 0 && figure('Tokens', number(tokens)),
    usage.length > 0 && figure('Cost', cost(costMicros)),
  );
}

/** @param {Inspection} facts */
function drawSteps({ turn }) {
  if (!turn || turn.steps.length === 0) return null;
  const longest = Math.max(1, ...turn.steps.map(({ ms }) => ms));
  const rows = turn.steps.map(({ step, ms }) => {
    const bar = make('i');
    bar.style.setProperty('--share', `${(ms / longest) * 100}%`);
    const name = step.charAt(0).toUpperCase() + step.slice(1).replaceAll(/[-_]/g, ' ');
    return make(
      'li.step',
      {},
      make('span', {}, name),
      make('span.step-bar', { 'aria-hidden': 'true' }, bar),
      make('span.step-ms', {}, milliseconds(ms)),
    );
  });
  return section('Steps', make('ol.steps', {}, ...rows));
}

/** @param {Inspection} facts */
function drawFiles({ files }) {
  if (files.length === 0) return null;
  return section(files.length === 1 ? 'File' : `${files.length} files`, ...files.map(drawFileCard));
}

/** @type {Record<import('../../domain/reading.ts').PageUnit, string>} */
const pageNames = { page: 'Pages', sheet: 'Sheets', slide: 'Slides', section: 'Sections' };

/** @param {InspectedFile} file */
function drawFileCard(file) {
  const reading = file.reading;
  const state = file.problem
    ? make('span.tag.is-bad', {}, problemName(file.problem))
    : make(
        `span.tag${file.state === 'read' ? '.is-good' : ''}`,
        {},
        file.state === 'read' ? 'Read' : 'Waiting',
      );
  return make(
    'div.card',
    {},
    make('div.card-title', {}, make('span', {}, file.name ?? 'File'), state),
    factList([
      ['Content', file.sniffedType ?? 'not looked at yet'],
      ['Label', file.declaredType || 'none'],
      ['Size', file.bytes === null ? null : size(file.bytes)],
      ['Read in', file.readMs === null ? null : milliseconds(file.readMs)],
      ...readingFacts(reading),
      ['Language', file.language],
    ]),
    file.isMislabelled &&
      make(
        'p.alert',
        {},
        `The label says ${file.declaredType || 'nothing'}, the content is ${file.sniffedType}.`,
      ),
    reading?.kind === 'document' &&
      reading.partlyBecause &&
      make('p.alert', {}, `Read in part: ${partlyReasons[reading.partlyBecause]}.`),
    file.transcript !== null && excerpt('Transcript', file.transcript),
    file.extractedText !== null &&
      file.extractedText !== file.transcript &&
      excerpt(reading?.kind === 'image' ? 'What it shows' : 'Text', file.extractedText),
  );
}

/**
 * @param {InspectedFile['reading']} reading
 * @returns {[string, string | null][]}
 */
function readingFacts(reading) {
  if (reading?.kind === 'document') {
    return [
      ['Title', reading.title ?? null],
      [
        pageNames[reading.unit ?? 'page'],
        `${number(reading.pages.length)} of ${number(reading.pageCount)} read`,
      ],
      ['Words', number(reading.wordCount)],
      ['Text from', reading.recognized ? 'looking at the pages' : null],
    ];
  }
  if (reading?.kind === 'image')
    return [['Picture', `${reading.width} × ${reading.height}, ${reading.format}`]];
  if (reading?.kind === 'audio') return [['Length', duration(reading.seconds)]];
  return reading?.kind === 'failed' && reading.detail ? [['Because', reading.detail]] : [];
}

/** @param {Inspection} facts */
function drawUsage({ usage }) {
  if (usage.length === 0) return null;
  const cards = usage.map((entry) =>
    make(
      'div.card',
      {},
      make('div.card-title', {}, make('span', {}, usageNames[entry.kind]), make('span.tag', {}, entry.model)),
      factList([
        [
          'Prompt',
          `${number(entry.promptTokens)} tokens${entry.cachedTokens ? `, ${number(entry.cachedTokens)} cached` : ''}`,
        ],
        ['Completion', `${number(entry.completionTokens)} tokens`],
        ['Sound', entry.audioSeconds > 0 ? `${entry.audioSeconds.toFixed(1)} s` : null],
        ['Cost', cost(entry.costMicros)],
      ]),
    ),
  );
  return section('Model', ...cards);
}

/** @param {Inspection} facts */
function drawParts({ parts }) {
  if (parts.length === 0) return null;
  const cards = parts.map((part, index) => {
    const kind =
      part.state === 'failed'
        ? '.is-bad'
        : ['sent', 'delivered', 'read', 'played'].includes(part.state)
          ? '.is-good'
          : '';
    return make(
      'div.card',
      {},
      make(
        'div.card-title',
        {},
        make('span', {}, `Part ${index + 1} of ${parts.length}`),
        make(`span.tag${kind}`, {}, drawTicks(part.state, partStates[part.state]), partStates[part.state]),
      ),
      part.errorReason !== null &&
        make(`p.alert${part.state === 'failed' ? '.is-bad' : ''}`, {}, sentence(part.errorReason)),
      factList([
        ['Length', `${number(part.text.length)} characters`],
        ['Tries', number(part.attempts)],
        ['Next try', momentOf(part.retryAt)],
        ['Meant for', part.reroutedFrom === null ? null : `${part.reroutedFrom}, which had stopped`],
        ['Sent', momentOf(part.sentAt)],
        ['Delivered', momentOf(part.deliveredAt)],
        ['Read', momentOf(part.readAt)],
        ['Played', momentOf(part.playedAt)],
        ['Failed', momentOf(part.failedAt)],
        ['Error', part.errorCode],
        ['Id', part.providerId, 'id'],
      ]),
    );
  });
  return section('Delivery', ...cards);
}

/** @param {string | null} iso */
function momentOf(iso) {
  return iso === null ? null : new Date(iso).toLocaleTimeString();
}

/** @param {string} clause */
function sentence(clause) {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

/** @param {Inspection} facts */
function drawConsents({ consents }) {
  if (consents.length === 0) return null;
  const cards = consents.map((entry) =>
    make(
      'div.card',
      {},
      make(
        'div.card-title',
        {},
        make('span', {}, consentTypes[entry.type]),
        make(
          `span.tag${entry.action === 'granted' ? '.is-good' : '.is-bad'}`,
          {},
          entry.action === 'granted' ? 'Granted' : 'Revoked',
        ),
      ),
      factList([
        ['Said by', consentSources[entry.source]],
        ['Channel', entry.channel],
        ['Code', entry.detail],
        ['Our words', entry.wording_version && `version ${entry.wording_version}`],
        ['When', new Date(entry.created_at).toLocaleString()],
        ['Message', entry.message_id, 'id'],
      ]),
    ),
  );
  return section('Consent', ...cards);
}

/** @param {Inspection} facts */
function drawIds(facts) {
  return make(
    'details.section',
    {},
    make('summary', {}, 'Ids'),
    factList([
      ['Message', facts.messageId, 'id'],
      ['Provider', facts.providerId, 'id'],
      ['Turn', facts.turn?.id ?? null, 'id'],
      ['Conversation', facts.conversationId, 'id'],
      ['Titled', facts.conversationTitle],
      ['User', facts.userId, 'id'],
      ['Stored', facts.at],
    ]),
  );
}
