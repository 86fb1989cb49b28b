// What the visitor allows.
import { attempt } from './safe';
import type { Settings } from './settings';
import type { Storage } from './storage';

export type Choices = Record<string, boolean>;

const NAME = 'rondom_consent';

export type Consent = ReturnType<typeof consent>;

/** What is a choice among what was given or found. */
export function choices(given: unknown): Choices {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => typeof value === 'boolean'));
}

export function consent(storage: Storage, { writeKey, asks }: Settings) {
  // Asked anew each time: the visitor may have chosen in another tab.
  const all = () => choices(attempt(() => JSON.parse(storage.get(NAME) ?? '{}')));
  const allows = (purpose: string): boolean | undefined => all()[purpose] ?? (asks ? undefined : true);
  const gpc = () => (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;

  return {
    all,
    gpc,
    /** Whether visits may be recorded: yes, no, or nobody knows yet. Without a key there is nowhere to record them. */
    analytics: () => (writeKey ? allows('analytics') : false),
    /** Nobody's silence is a yes to advertising where consent is asked, nor under Global Privacy Control. */
    advertising: () => !gpc() && allows('advertising') === true,
    /** Adds choices and tells whether any is new. */
    change(given: Choices): boolean {
      const known = all();
      if (Object.keys(given).every((purpose) => known[purpose] === given[purpose])) return false;
      const next = { ...known, ...given };
      // A refusal must be remembered where silence counts as a yes; where it does not, nothing need be stored.
      storage.set(NAME, JSON.stringify(next), !asks || next.analytics === true);
      return true;
    },
  };
}
