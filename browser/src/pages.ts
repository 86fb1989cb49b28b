// Which page the visitor sees, also where a script changes the address without loading anything.
import { route } from './address';
import { guarded, on } from './safe';

/** Time for an application to set its title, and for a redirection to come to rest. */
const SETTLE = 50;

export interface Place {
  url: string;
  referrer: string;
  title: string;
}

export function pages(view: (since: Date) => void, leave: () => void) {
  const address = () => route(location.href);
  let url = address();
  let referrer = document.referrer;
  let viewed = '';
  let due: number | undefined;
  let since: Date;

  /** What was left is told of the page that it happened on. */
  const arrive = () => {
    const next = address();
    if (next === url) return;
    leave();
    referrer = url;
    url = next;
  };
  const settle = () => {
    if (due === undefined) return;
    clearTimeout(due);
    due = undefined;
    if (viewed !== url) view(since);
  };
  const expect = () => {
    arrive();
    since = new Date();
    clearTimeout(due);
    due = setTimeout(guarded(settle), SETTLE);
  };

  return {
    place: (): Place => ({ url, referrer, title: document.title }),
    /** A view that is due is told now: the page is being left. */
    settle,
    /** A view that the page tells itself takes the place of the one that is due. */
    seen() {
      arrive();
      viewed = url;
    },
    start(spa: boolean) {
      expect();
      // The page came back as it was left, without being loaded.
      on(window, 'pageshow', (event) => {
        if (!(event as PageTransitionEvent).persisted) return;
        viewed = '';
        expect();
      });
      if (!spa) return;
      const moved = guarded(() => {
        if (address() !== url) expect();
      });
      on(window, 'popstate hashchange', moved);
      for (const method of ['pushState', 'replaceState'] as const) {
        const original = history[method];
        history[method] = function (...given) {
          original.apply(this, given);
          moved();
        };
      }
    },
  };
}
