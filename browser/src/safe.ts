// What keeps our errors, and odd values of the page's, from doing harm.

let debug = false;

export function debugging(on: boolean) {
  debug = on;
}

export function warn(...what: unknown[]) {
  if (debug) console.warn('rondom:', ...what);
}

/** What `work` gives, or nothing if it throws. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    warn(error);
    return undefined;
  }
}

/** The same function, which never throws. */
export function guarded<A extends unknown[], T>(work: (...given: A) => T) {
  return (...given: A): T | undefined => attempt(() => work(...given));
}

/** Listens from the outermost place, so that no handler of the page's can stop what we want to hear. */
export function on(target: EventTarget, names: string, heard: (event: Event) => void) {
  for (const name of names.split(' ')) target.addEventListener(name, guarded(heard), { capture: true, passive: true });
}

/** More values are a mistake, such as the whole state of an application, and would take the page's time. */
const MOST_VALUES = 5000;

/**
 * A copy that JSON can say: large integers become text; elements, windows and what contains itself are left out.
 * It throws where a value refuses to be read or there are far too many.
 */
export function plain(value: unknown): Record<string, unknown> {
  const above: unknown[] = [];
  let values = 0;
  const text = JSON.stringify(value, function (this: unknown, _key, value: unknown) {
    if (++values > MOST_VALUES) throw new Error('too many values');
    if (typeof value === 'bigint') return String(value);
    if (value instanceof EventTarget) return undefined;
    if (typeof value === 'object' && value) {
      while (above.length && above[above.length - 1] !== this) above.pop();
      if (above.includes(value)) return undefined;
      above.push(value);
    }
    return value;
  });
  const copy: unknown = text && JSON.parse(text);
  return typeof copy === 'object' && copy && !Array.isArray(copy) ? (copy as Record<string, unknown>) : {};
}

export function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
