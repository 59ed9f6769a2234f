import { html } from 'hono/html';

/** Safe HTML from the tagged template; everything interpolated was escaped. */
export type Html = ReturnType<typeof html>;

/** A whole page as text. Styles and scripts are file names below `/assets`; nothing is inline, so a strict CSP holds. */
export async function wholePage(page: {
  readonly title: string;
  readonly styles: readonly string[];
  readonly scripts: readonly string[];
  readonly body: Html;
  /** An address to move on to at once. */
  readonly next?: string;
}): Promise<string> {
  const document = await html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
    <meta name="color-scheme" content="light dark">
    <meta name="theme-color" content="#f6f3ee" media="(prefers-color-scheme: light)">
    <meta name="theme-color" content="#10171b" media="(prefers-color-scheme: dark)">
    <title>${page.title}</title>
    ${page.next === undefined ? '' : html`<meta http-equiv="refresh" content="0; url=${page.next}">`}
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
    ${page.styles.map((name) => html`<link rel="stylesheet" href="/assets/${name}">`)}
    ${page.scripts.map((name) => html`<script type="module" src="/assets/${name}"></script>`)}
  </head>
  ${page.body}
</html>`;
  return String(document);
}

/** A drawing from the sprite; decoration only, so hidden from screen readers. */
export function icon(name: string): Html {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href="/assets/icons.svg#${name}"></use></svg>`;
}
