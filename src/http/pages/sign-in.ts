import { html } from 'hono/html';
import { type Html, icon, wholePage } from './layout.ts';

/** What just happened, said above the form. */
export type SignInNotice =
  | 'link_used'
  | 'wrong_password'
  | 'too_many_tries'
  | 'link_printed'
  | 'too_many_links';

const notices: Readonly<Record<SignInNotice, { readonly isError: boolean; readonly text: string }>> = {
  link_used: {
    isError: true,
    text: 'This sign-in link has been used already or is too old. Each link works once.',
  },
  wrong_password: { isError: true, text: 'That is not the password. Please try again.' },
  too_many_tries: { isError: true, text: 'Too many wrong tries. Please wait a few minutes and try again.' },
  link_printed: { isError: false, text: 'A new link is in the terminal. Open it in this browser.' },
  too_many_links: {
    isError: true,
    text: 'Several links were just printed. Please use the newest one in the terminal.',
  },
};

/** The sign-in page: a password field where there is a password, the way to a new link where there can be one. */
export function signInPage(facts: {
  readonly appName: string;
  readonly hasPassword: boolean;
  readonly canPrintLink: boolean;
  readonly notice?: SignInNotice | undefined;
}): Promise<string> {
  const notice = facts.notice === undefined ? undefined : notices[facts.notice];
  return wholePage({
    title: `Sign in · ${facts.appName}`,
    styles: ['tokens.css', 'sign-in.css'],
    scripts: [],
    body: html`<body class="sign-in">
  <main class="sign-in-card">
    <span class="sign-in-mark">${icon('spark')}</span>
    <h1>${facts.appName}</h1>
    <p class="sign-in-lead">Sign in to talk to the assistant and see what it does.</p>
    ${notice ? html`<p class="notice ${notice.isError ? 'notice-error' : 'notice-good'}" role="${notice.isError ? 'alert' : 'status'}">${notice.text}</p>` : ''}
    ${facts.hasPassword ? passwordForm() : linkHint()}
    ${facts.canPrintLink ? printForm(facts.hasPassword) : ''}
  </main>
</body>`,
  });
}

/** Moves on to the chat by itself. */
export function openingPage(appName: string): Promise<string> {
  return wholePage({
    title: appName,
    styles: ['tokens.css', 'sign-in.css'],
    scripts: [],
    next: '/simulator',
    body: html`<body class="sign-in"><main class="sign-in-card"><p><a href="/simulator">Open the chat</a></p></main></body>`,
  });
}

function passwordForm(): Html {
  return html`<form method="post" action="/sign-in" class="sign-in-form">
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
      <button type="submit" class="button button-primary">Sign in</button>
      <p class="hint">It is the <code>ADMIN_PASSWORD</code> of this installation.</p>
    </form>`;
}

function linkHint(): Html {
  return html`<p class="sign-in-hint">When the assistant starts, it prints an address in the terminal. Open that address here: it signs
      you in, once.</p>`;
}

function printForm(isSecondChoice: boolean): Html {
  return html`<form method="post" action="/sign-in/link" class="sign-in-form">
      ${isSecondChoice ? html`<p class="sign-in-or"><span>or</span></p>` : ''}
      <button type="submit" class="button ${isSecondChoice ? '' : 'button-primary'}">Print a new link in the terminal</button>
    </form>`;
}
