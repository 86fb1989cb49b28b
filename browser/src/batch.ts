// How messages are counted and cut. Pure.

/** Browsers let 64 KiB outlive a page; every batch stays below, so that any of them may be the last. */
export const LARGEST_BATCH = 60_000;
export const LARGEST_MESSAGE = 32 * 1024;
const MOST_WAITING = 200;
/** Characters: local storage has room for a few million, and the page wants some too. */
const LARGEST_WAITING = 1_000_000;
const LONGEST_WAIT = 60_000;
/** Whoever asks for more is taken to mean an hour. */
export const LONGEST_SILENCE = 3_600_000;

export const size = (texts: string[]) => new Blob(texts).size + texts.length;

/** The newest messages that there is room for. */
export function bound(texts: string[]): string[] {
  let room = LARGEST_WAITING;
  const kept = texts.slice(-MOST_WAITING).reverse();
  const end = kept.findIndex((text) => (room -= text.length) < 0);
  return (end < 0 ? kept : kept.slice(0, end)).reverse();
}

/** The oldest messages that fit into `room` bytes. */
export function cut(texts: string[], room: number): string[] {
  const end = texts.findIndex((text) => (room -= size([text])) < 0);
  return end < 0 ? texts : texts.slice(0, end);
}

/** Doubles from one second to a minute; `chance`, 0 to 1, spreads those that failed together. */
export function backoff(failures: number, chance: number): number {
  return Math.min(1000 * 2 ** (failures - 1), LONGEST_WAIT) * (0.5 + chance / 2);
}

/** For how long a `Retry-After` header, seconds or a date, asks us to be silent. */
export function silence(header: string | null, now: number): number {
  if (!header) return 0;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Math.min(Math.max(asked || 0, 0), LONGEST_SILENCE);
}
