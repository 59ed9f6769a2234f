import { html } from 'hono/html';
import { testPeople } from '#src/domain/test-people.ts';
import type { ChatPerson } from '#src/ports/chat-view.ts';
import { type Html, icon, wholePage } from './layout.ts';

interface ChatPageFacts {
  readonly appName: string;
  readonly people: readonly ChatPerson[];
  /** Whose chat is open at first. */
  readonly chosenPhone: string;
  readonly maxBytes: number;
  readonly aiIsOffline: boolean;
}

/** The chat page's frame. Bubbles are drawn in the browser (`public/chat.js`) from `/simulator/thread`. */
export function chatPage(facts: ChatPageFacts): Promise<string> {
  return wholePage({
    title: `Chat · ${facts.appName}`,
    styles: ['tokens.css', 'chat.css', 'bubbles.css', 'composer.css', 'inspector.css'],
    scripts: ['chat.js'],
    body: html`<body class="chat-page" data-person="${facts.chosenPhone}" data-max-bytes="${facts.maxBytes}" data-app-name="${facts.appName}">
  <a class="skip-link" href="#message">Skip to the message field</a>
  <div class="app" id="app">
    ${sidebar(facts)}
    <main class="chat" id="chat">
      ${chatHeader(facts)}
      ${facts.aiIsOffline ? offlineBanner() : ''}
      <div class="thread-frame">
        <div class="thread" id="thread" role="group" tabindex="0" aria-label="Messages. Arrow keys choose one, Enter shows its details, R replies.">
          <button type="button" class="button earlier" id="earlier" hidden>Show earlier messages</button>
          <div class="bubbles" id="bubbles" role="log" aria-live="off" aria-relevant="additions" aria-label="Messages"></div>
          ${emptyState(facts)}
          <div class="typing" id="typing" hidden><span class="visually-hidden" role="status" id="typing-words"></span><i></i><i></i><i></i></div>
        </div>
        <button type="button" class="to-newest" id="to-newest" aria-label="Go to the newest message" hidden>${icon('down')}</button>
      </div>
      ${composer()}
      <div class="drop-hint" id="drop-hint" aria-hidden="true">${icon('attach')}<span>Drop files to attach them</span></div>
    </main>
    <aside class="inspector" id="inspector" aria-labelledby="inspector-title" hidden>
      <header class="inspector-header">
        <h2 id="inspector-title" tabindex="-1">What happened</h2>
        <button type="button" class="icon-button" id="inspector-close" aria-label="Close details">${icon('close')}</button>
      </header>
      <div class="inspector-body" id="inspector-body"></div>
    </aside>
    <div class="scrim" id="scrim"></div>
  </div>
  <div class="toast" id="toast" role="alert" hidden></div>
  <noscript><p class="no-script">The chat page needs JavaScript.</p></noscript>
</body>`,
  });
}

function sidebar(facts: ChatPageFacts): Html {
  return html`<nav class="people" aria-label="Who is writing">
      <header class="people-header">
        <span class="brand">${icon('spark')}</span>
        <div class="people-title"><strong>Test people</strong><small>Choose who is writing</small></div>
      </header>
      <ul class="people-list" id="people">
        ${testPeople.map((person) => personEntry(person, facts))}
      </ul>
      <footer class="people-footer">
        <a class="quiet-link" href="/docs">API docs</a>
        <form method="post" action="/sign-out"><button type="submit" class="quiet-link">Sign out</button></form>
      </footer>
    </nav>`;
}

function personEntry(person: (typeof testPeople)[number], facts: ChatPageFacts): Html {
  const isChosen = person.phone === facts.chosenPhone;
  const hue = testPeople.indexOf(person);
  return html`<li><a class="person" href="/simulator?person=${encodeURIComponent(person.phone)}" data-phone="${person.phone}" data-name="${person.name}"
          ${isChosen ? html`aria-current="true"` : ''}>
          <span class="avatar avatar-${hue}" aria-hidden="true">${person.name.slice(0, 1)}</span>
          <span class="person-name">${person.name}</span>
          <time class="person-time"></time>
          <span class="person-last" data-hint="${person.isWhitelisted ? person.phone : 'Not on the whitelist'}">${person.isWhitelisted ? person.phone : 'Not on the whitelist'}</span>
        </a></li>`;
}

function chatHeader(facts: ChatPageFacts): Html {
  return html`<header class="chat-header">
        <span class="avatar avatar-bot" aria-hidden="true">${icon('spark')}</span>
        <div class="chat-title">
          <h1>${facts.appName}</h1>
          <p class="presence" id="presence">connecting…</p>
        </div>
        <form method="post" action="/sign-out" class="header-sign-out"><button type="submit" class="icon-button" aria-label="Sign out">${icon('sign-out')}</button></form>
      </header>`;
}

function offlineBanner(): Html {
  return html`<p class="banner">${icon('plug')}<span>The <strong>offline assistant</strong> is answering<span class="banner-more">: it reads files and runs commands, but no
        model is asked</span>. Set <code>OPENAI_API_KEY</code> to switch the model on.</span></p>`;
}

function emptyState(facts: ChatPageFacts): Html {
  const starters = ['Hello! What can you do?', '/help', '/usage'];
  return html`<section class="empty" id="empty" hidden>
            <span class="empty-mark">${icon('spark')}</span>
            <h2>Say hello to ${facts.appName}</h2>
            <p id="empty-words"></p>
            <ul class="starters">
              ${starters.map((words) => html`<li><button type="button" class="chip" data-starter="${words}">${words}</button></li>`)}
              <li><button type="button" class="chip" data-starter-file>${icon('attach')} A photo, PDF or voice note</button></li>
            </ul>
          </section>`;
}

function composer(): Html {
  return html`<form class="composer" id="composer" autocomplete="off">
        <div class="reply-strip" id="reply-strip" hidden>
          <div class="quote"><strong id="reply-who"></strong><span id="reply-words"></span></div>
          <button type="button" class="icon-button" id="reply-cancel" aria-label="Do not reply to this message">${icon('close')}</button>
        </div>
        <ul class="tray" id="tray" aria-label="Attached files" hidden></ul>
        <div class="composer-row" id="composer-row">
          <button type="button" class="icon-button" id="attach" aria-label="Attach files">${icon('attach')}</button>
          <input type="file" id="files" multiple hidden tabindex="-1" aria-hidden="true">
          <label class="visually-hidden" for="message">Message</label>
          <textarea id="message" rows="1" maxlength="4096" placeholder="Message" enterkeyhint="send" autocapitalize="sentences"></textarea>
          <button type="button" class="round-button" id="record" aria-label="Record a voice note">${icon('mic')}</button>
          <button type="submit" class="round-button" id="send" aria-label="Send" hidden>${icon('send')}</button>
        </div>
        <div class="recording" id="recording" hidden>
          <button type="button" class="icon-button" id="record-cancel" aria-label="Discard the recording">${icon('trash')}</button>
          <span class="recording-dot" aria-hidden="true"></span>
          <span class="recording-time" id="recording-time" role="timer">0:00</span>
          <span class="recording-level" id="recording-level" aria-hidden="true"></span>
          <button type="button" class="round-button" id="record-send" aria-label="Send the voice note">${icon('send')}</button>
        </div>
      </form>`;
}
