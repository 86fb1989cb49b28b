// How far down a page the visitor came.
import type { Track } from './message';
import { guarded, on } from './safe';

const MARKS = [25, 50, 75, 100];

/** Gives the function with which a new page view begins. */
export function scroll(track: Track): () => void {
  let next = 0;
  let asked = false;

  const measure = () => {
    asked = false;
    const page = document.scrollingElement;
    // At the top nobody has scrolled, even if the browser says so: an application goes there with a new page.
    if (!page || page.scrollTop <= 0) return;
    // Fractions of a pixel may be missing at the end.
    const depth = ((page.scrollTop + page.clientHeight + 1) / page.scrollHeight) * 100;
    for (let mark; (mark = MARKS[next]) !== undefined && depth >= mark; next++) {
      track('Scroll Depth Reached', { depth: mark });
    }
  };
  on(document, 'scroll', () => {
    if (asked || next >= MARKS.length) return;
    asked = true;
    requestAnimationFrame(guarded(measure));
  });
  return () => {
    next = 0;
  };
}
