import { getInspection, Refused } from './api.js';
import { byId, icon, make } from './dom.js';
import { drawInspection } from './inspection.js';

/**
 * The panel that shows what happened to a message: beside the chat, or a sheet over it on a phone.
 * @param {{ onReply: (bubble: any) => void, onClose: (bubble: any) => void }} deps
 */
export function createInspector(deps) {
  const panel = byId('inspector');
  const body = byId('inspector-body');
  const sheet = matchMedia('(max-width: 820px)');
  /** @type {any} */
  let shown;
  let look = '';

  /** Behind a sheet nothing can be reached. @param {boolean} isCovered */
  const cover = (isCovered) => {
    byId('chat').inert = isCovered;
    byId('people').inert = isCovered;
  };

  const close = () => {
    if (!shown) return;
    const bubble = shown;
    shown = undefined;
    look = '';
    panel.hidden = true;
    byId('app').classList.remove('with-inspector');
    cover(false);
    deps.onClose(bubble);
  };

  const actions = (bubble) => {
    const reply = make('button.button', { type: 'button' }, icon('reply'), 'Reply');
    reply.addEventListener('click', () => {
      if (sheet.matches) close();
      deps.onReply(bubble);
    });
    return make('div.inspector-actions', {}, bubble.providerId && reply);
  };

  const load = async () => {
    const bubble = shown;
    if (!bubble) return;
    try {
      const inspection = await getInspection(bubble.messageId);
      const next = JSON.stringify(inspection);
      // Another message may have been chosen meanwhile; and what did not change keeps its scroll position.
      if (shown !== bubble || next === look) return;
      look = next;
      const top = body.scrollTop;
      body.replaceChildren(actions(bubble), ...drawInspection(inspection));
      body.scrollTop = top;
    } catch (error) {
      if (shown !== bubble || look !== '') return;
      const words = error instanceof Refused ? error.message : 'The server cannot be reached.';
      body.replaceChildren(make('p.alert.is-bad', {}, words));
    }
  };

  sheet.addEventListener('change', () => cover(shown !== undefined && sheet.matches));
  byId('inspector-close').addEventListener('click', close);
  byId('scrim').addEventListener('click', close);
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.defaultPrevented) close();
  });

  return {
    /** @param {any} bubble @param {boolean} byKey */
    open(bubble, byKey) {
      shown = bubble;
      look = '';
      panel.hidden = false;
      byId('app').classList.add('with-inspector');
      cover(sheet.matches);
      body.replaceChildren(make('p.inspector-note', {}, 'Loading…'));
      body.scrollTop = 0;
      if (byKey || sheet.matches) byId('inspector-title').focus();
      void load();
    },
    close,
    refresh: load,
  };
}
