// Where small values outlive the page. Whatever the browser refuses is kept in memory instead.
import { attempt } from './safe';

/** 13 months, counted from when a value is written: visits do not prolong it. */
const LIFE = 395 * 24 * 60 * 60;

export type Storage = ReturnType<typeof storage>;

/** A storage of the browser's, which may throw at the first touch. */
export function shelf(kind: 'localStorage' | 'sessionStorage') {
  return {
    get: (name: string) => attempt(() => window[kind].getItem(name)) ?? undefined,
    set: (name: string, value: string) => attempt(() => window[kind].setItem(name, value)),
    remove: (name: string) => attempt(() => window[kind].removeItem(name)),
  };
}

/** Cookies; local storage only where cookies do not work, so that no second copy brings back what was deleted. */
export function storage(domain: string) {
  const memory = new Map<string, string>();
  const local = shelf('localStorage');

  const read = (name: string) =>
    attempt(() => {
      const found = document.cookie.split('; ').find((cookie) => cookie.startsWith(`${name}=`));
      return found && decodeURIComponent(found.slice(name.length + 1));
    });
  const bake = (name: string, value: string, life: number, where: string) =>
    attempt(() => {
      const place = (where && `;Domain=${where}`) + (location.protocol === 'https:' ? ';Secure' : '');
      document.cookie = `${name}=${encodeURIComponent(value)};Path=/;Max-Age=${life};SameSite=Lax${place}`;
    });
  const get = (name: string) => read(name) ?? local.get(name) ?? memory.get(name);
  const remove = (name: string) => {
    for (const where of new Set(['', domain])) bake(name, '', 0, where);
    local.remove(name);
    memory.delete(name);
  };

  return {
    get,
    remove,
    /** Writes a value, in memory alone unless it may be kept. */
    set(name: string, value: string, keep: boolean) {
      remove(name);
      if (keep) {
        bake(name, value, LIFE, domain);
        if (!read(name)) local.set(name, value);
      }
      if (get(name) !== value) memory.set(name, value);
    },
  };
}
