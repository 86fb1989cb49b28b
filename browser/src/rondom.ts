// rondom.js: tells Rondom what visitors do, as far as they allow it.
import { LARGEST_MESSAGE, size } from './batch';
import { choices, consent as consents } from './consent';
import { forms } from './forms';
import { type Draft, draft, type Fields, seal, type Track, type Type } from './message';
import { origin as origins } from './origin';
import { outbox as outboxes } from './outbox';
import { pages as paging } from './pages';
import { attempt, debugging, guarded, on, plain, warn } from './safe';
import { scroll } from './scroll';
import { type Settings, settings } from './settings';
import { storage as storages } from './storage';
import { video } from './video';
import { visitor as visitors } from './visitor';

type Work = (...given: any[]) => unknown;
type Call = [name: string, ...given: unknown[]];

/** How many events wait in memory for the visitor's answer. */
const MOST_HELD = 100;

function begin(wanted: Settings) {
  const storage = storages(wanted.cookieDomain);
  const consent = consents(storage, wanted);
  const mayKeep = () => consent.analytics() === true;
  const visitor = visitors(storage, mayKeep);
  const origin = origins(consent);
  const outbox = outboxes(wanted, mayKeep);

  let held: Draft[] = [];
  const make = (type: Type, fields: Fields, at?: Date) => draft(type, fields, visitor.user(), pages.place(), at);
  const close = (made: Draft) => seal(made, visitor, consent, origin);
  const put = (made: Draft) => {
    const text = close(made);
    if (size([text]) > LARGEST_MESSAGE) warn('too large, dropped:', made);
    else outbox.add(text, made.type === 'page');
  };
  const release = () => {
    if (mayKeep()) held.splice(0).forEach(guarded(put));
  };
  /** What waits stays with whom it was about. */
  const part = () => {
    for (const made of held) made.anonymousId ??= visitor.id();
  };
  const record = (type: Type, fields: Fields, at?: Date) => {
    if (consent.analytics() === false) return;
    held = [...held, make(type, fields, at)].slice(-MOST_HELD);
    release();
  };

  const track: Track = (event, properties) => {
    if (event) record('track', { event: String(event), properties: plain(properties) });
  };
  const view = (name: unknown, properties: unknown, at?: Date): void => {
    const named = name === undefined ? {} : { name: String(name) };
    const told = { ...plain(properties), ...named };
    pages.seen();
    freshScroll?.();
    record('page', { ...named, properties: told }, at);
  };
  const page = (name?: unknown, properties?: unknown) =>
    typeof name === 'object' ? view(undefined, name) : view(name, properties);
  const seen = (since: Date) => view(undefined, undefined, since);
  const pages = paging(seen, () => {
    freshScroll?.();
    unfinished?.(true);
  });
  const identify = (who: unknown, traits?: unknown): void => {
    if (typeof who === 'object') return identify(undefined, who);
    const told = plain(traits);
    if (consent.analytics() === false) return;
    if (who) {
      if (visitor.user()) part();
      visitor.become(String(who));
    }
    record('identify', { traits: told });
  };
  const group = (groupId: unknown, traits?: unknown) => {
    if (groupId) record('group', { groupId: String(groupId), traits: plain(traits) });
  };
  const alias = (userId: unknown, previousId?: unknown) => {
    const before = previousId ?? visitor.user() ?? visitor.id();
    if (userId) record('alias', { userId: String(userId), previousId: String(before) });
  };

  const forget = () => {
    held = [];
    visitor.forget();
    origin.forget();
  };
  const choose = (given: unknown) => {
    const before = consent.analytics();
    // The visitor may have said so in another tab.
    if (!consent.change(choices(given))) return release();
    const after = consent.analytics();
    if (after === false) {
      // Who withdraws is told of once more, so that the server knows; who never said yes is not told of at all.
      const tell = () => close(make('track', { event: 'Consent Changed', properties: consent.all() }));
      const last = before && attempt(tell);
      forget();
      outbox.clear(last || '');
    } else {
      if (after) {
        visitor.keep();
        origin.keep();
      }
      track('Consent Changed', consent.all());
    }
  };

  const works: Record<string, Work> = {
    page,
    track,
    identify,
    group,
    alias,
    consent: choose,
    reset() {
      part();
      visitor.forget();
    },
    visitorId(id?: unknown) {
      if (id) visitor.adopt(id);
      return mayKeep() ? visitor.id() : undefined;
    },
    flush: () => outbox.send(),
    // What pages call before the script is there works afterwards, too.
    push(...calls: Call[]) {
      for (const [name, ...given] of calls) api[name]?.(...given);
    },
  };
  const api = Object.fromEntries(Object.entries(works).map(([name, work]) => [name, guarded(work)]));
  const early = window.rondom;
  window.rondom = api;

  if (mayKeep()) {
    outbox.resume();
  } else {
    forget();
    outbox.clear('');
  }
  const freshScroll = wanted.scroll ? scroll(track) : undefined;
  const unfinished = wanted.forms ? forms(track) : undefined;
  if (wanted.video) video(track);
  attempt(() => pages.start(wanted.spa));
  if (Array.isArray(early)) {
    for (const call of early) api.push?.(call);
    // Somebody may hold on to the list.
    (early as { push: unknown }).push = api.push;
  }

  const leave = () => {
    attempt(pages.settle);
    attempt(() => unfinished?.(false));
    release();
    outbox.leave();
  };
  on(window, 'pagehide', leave);
  on(document, 'visibilitychange', () => {
    if (document.visibilityState === 'hidden') leave();
  });
  on(window, 'online', outbox.retry);
}

declare global {
  interface Window {
    rondom?: unknown;
  }
}

attempt(() => {
  const script = document.currentScript ?? document.querySelector<HTMLScriptElement>('script[data-write-key]');
  const wanted = settings(script as HTMLScriptElement | null);
  debugging(wanted.debug);
  // Loaded twice, or into a page that has something else of this name.
  if (window.rondom && !Array.isArray(window.rondom)) return;
  if (!wanted.writeKey) console.warn('rondom: the script element needs data-write-key');
  // A page that is only prepared is no page that anybody sees.
  if ((document as { prerendering?: boolean }).prerendering) on(document, 'prerenderingchange', () => begin(wanted));
  else begin(wanted);
});
