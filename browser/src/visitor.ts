// Who visits: a random id of this browser, and who the page says it is.
import { random } from './safe';
import type { Storage } from './storage';

const ID = 'rondom_id';
const USER = 'rondom_user';

export type Visitor = ReturnType<typeof visitor>;

export function visitor(storage: Storage, mayKeep: () => boolean) {
  const isId = (text: unknown) => /^rv-[0-9a-f]{32}$/.test(String(text));
  const id = (): string => {
    const known = storage.get(ID);
    if (known && isId(known)) return known;
    const fresh = `rv-${random()}`;
    storage.set(ID, fresh, mayKeep());
    return fresh;
  };
  const user = () => storage.get(USER);
  const forget = () => {
    storage.remove(ID);
    storage.remove(USER);
  };

  return {
    id,
    user,
    forget,
    /** Goes by an id that the server made up. */
    adopt(next: unknown) {
      if (isId(next)) storage.set(ID, String(next), mayKeep());
    },
    /** Somebody else at the same browser is another visitor, so that nobody takes the two for one person. */
    become(next: string) {
      const before = user();
      if (before && before !== next) forget();
      if (before !== next) storage.set(USER, next, mayKeep());
    },
    /** Keeps what was known in memory until now. */
    keep() {
      const known = user();
      storage.set(ID, id(), true);
      if (known) storage.set(USER, known, true);
    },
  };
}
