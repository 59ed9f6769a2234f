import { describe, expect, inject, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import type { ReadRequest } from '#tests/support/openai-requests.ts';
import type { Person } from '#tests/support/person.ts';
import { mediaMessage } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld } from '#tests/support/world.ts';
import { createCrowd } from './crowd.ts';
import { createDice } from './dice.ts';
import { repeatedCalls } from './ledger-of-calls.ts';
import { createMessageMaker, freeBox, recording } from './messages-of-a-crowd.ts';
import { blow, calm, queueOf } from './storm.ts';

/*
 * Fifty people write text, photos, voice notes and PDFs while processes die without warning, twenty times. `npm run soak` does the
 * same for as long as you like.
 */

/** RESILIENCE_SEED repeats the moments of an earlier run. */
const seed = Number(process.env.RESILIENCE_SEED ?? Math.floor(Math.random() * 1_000_000));

// A machine that does other things besides takes seconds for a start, and there are twenty.
describe.each(engines)('kill -9 on %s', { timeout: 300_000 }, (engine) => {
  it(`loses nothing, repeats nothing and keeps the order (seed ${seed})`, async () => {
    const dice = createDice(seed);
    const processes = engine === 'postgres' ? 2 : 1;
    await using world = await openWorld(
      // As many turns at once as the cores of a busy machine get done within the second that a result has to be stored.
      { RATE_LIMIT_MESSAGES: '100000', REPLY_DELAY_MS: '60', TURNS_AT_ONCE: '16' },
      { processes, postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined },
    );
    const maker = createMessageMaker({ ...world, latencyMs: () => dice.between(10, 250) });
    const crowd = createCrowd(world, dice, { maker, people: 50, pauseMs: [1_000, 6_000] });

    const storm = new AbortController();
    const writing = crowd.write(storm.signal);
    const kills = await blow(world, dice, {
      processes,
      lifeMs: [50, 900],
      isOver: (sofar) => sofar.length >= 20,
    });
    storm.abort();
    await writing;
    await calm(world, crowd.accepted, 40_000);

    const repeats = repeatedCalls(world, kills, maker.traceOf);
    process.stdout.write(
      `${engine}: ${crowd.accepted.length} messages, ${kills.length} kills, ${world.openai.calls.length} calls to the model, ${repeats.explained} repeated because of a kill\n`,
    );
    expect(crowd.complaints()).toEqual([]);
    expect(repeats.unexplained).toEqual([]);
    expect(world.twilio.duplicates).toBe(0);
    expect(world.twilio.problems).toEqual([]);
    expect(world.openai.problems).toEqual([]);
    expect(await queueOf(world)).toMatchObject({ failed: 0 });
  });

  it('at the worst moments: everybody is answered once, and nothing that was paid for is paid again', async () => {
    await using world = await openWorld(
      { RATE_LIMIT_MESSAGES: '1000' },
      { postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined },
    );
    const { openai, twilio } = world;
    const [asks, speaks, repeats, fetches, hears] = [1, 2, 3, 4, 5].map((digit) =>
      world.person(`+1555340000${digit}`),
    ) as [Person, Person, Person, Person, Person];
    const spoken = new Map([
      [speaks, 'the first list'],
      [repeats, 'the second list'],
      [fetches, 'the third list'],
    ]);
    openai.answers(({ text }) => `You wrote: ${text.split('\n\n').slice(1).join(' ')}`);
    openai.transcribes(({ bytes }) => ({ text: textOf(bytes), language: 'en' }));
    const isAbout = (call: ReadRequest, text: string) =>
      call.question?.text.includes(text) || (call.sound !== undefined && textOf(call.sound.bytes) === text);
    const callsAbout = (text: string) => openai.calls.filter((call) => isAbout(call, text));
    let restarted = false;

    // The model never answers one question, never hears one recording, and after another recording never answers.
    openai.fails((call) => {
      const isStuck =
        isAbout(call, 'are you there?') ||
        isAbout(call, 'the first list') ||
        (call.question && isAbout(call, 'the second list'));
      return isStuck && !restarted ? { kind: 'silence' } : undefined;
    });
    // Twilio takes one message and never says so.
    twilio.sendsFail((to) => (to === `whatsapp:${hears.phone}` && !restarted ? 'silent' : 'ok'));
    await asks.says('are you there?');
    await hears.says('hello');
    for (const [person, text] of spoken) {
      const faults = person === fetches ? (['silent'] as const) : [];
      const media = [
        { url: twilio.addMedia(voiceNote(text), 'audio/mp4', faults), contentType: 'audio/mp4' },
      ];
      await person.delivers(mediaMessage({ from: person.phone, media }));
    }
    await waitFor('all of them to be stuck', () => {
      const begun = ['are you there?', 'the first list', 'the second list'].map(
        (text) => callsAbout(text).length,
      );
      return begun.join() === '1,1,2' && twilio.filesAsked === 3 && hears.heard.length === 1;
    });
    restarted = true;
    await world.restart('SIGKILL');

    for (const person of [asks, speaks, repeats, fetches, hears]) {
      await person.hears(45_000);
      await person.says('/help');
      await person.hears();
      expect(person.heard).toHaveLength(2);
      expect(person.heard[1]).toContain('/usage');
    }
    for (const [person, text] of spoken) expect(person.heard[0]).toContain(text);
    // A recording and its answer are one call each; what hung was never answered, and so not paid.
    expect(callsAbout('are you there?')).toHaveLength(2);
    expect(callsAbout('the first list').map(({ endpoint }) => endpoint)).toEqual([
      'transcriptions',
      'transcriptions',
      'responses',
    ]);
    expect(callsAbout('the second list').map(({ endpoint }) => endpoint)).toEqual([
      'transcriptions',
      'responses',
      'responses',
    ]);
    expect(callsAbout('the third list').map(({ endpoint }) => endpoint)).toEqual([
      'transcriptions',
      'responses',
    ]);
    expect(twilio.sent.filter(({ to }) => to === `whatsapp:${hears.phone}`)).toHaveLength(2);
    expect(twilio.problems).toEqual([]);
    expect(openai.problems).toEqual([]);
  });
});

/** A recording in which this is said, as far as the stand-in can hear. */
const voiceNote = (text: string) => Buffer.concat([recording, freeBox(text)]);
const textOf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(recording.length + 8)).toString('latin1');
