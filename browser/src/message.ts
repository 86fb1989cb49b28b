// One message of the Segment protocol.
import { clean, withoutEmail } from './address';
import type { Consent } from './consent';
import type { Origin } from './origin';
import type { Place } from './pages';
import { random } from './safe';
import type { Visitor } from './visitor';

declare const VERSION: string;

export type Fields = Record<string, unknown>;
export type Track = (event: string, properties?: unknown) => void;
export type Type = 'page' | 'track' | 'identify' | 'group' | 'alias';

/** What happened, before anybody knows whether it may be told. */
export interface Draft {
  type: Type;
  fields: Fields;
  messageId: string;
  timestamp: string;
  /** Who it was, if somebody else is here by now. */
  anonymousId?: string;
  userId: string | undefined;
  place: Place;
}

export function draft(type: Type, fields: Fields, userId: string | undefined, place: Place, at = new Date()): Draft {
  return { type, fields, messageId: random(), timestamp: at.toISOString(), userId, place };
}

const unlessEmpty = <T extends object>(value: T) => (Object.keys(value).length ? value : undefined);

/** The message as text, with what may be told by now. */
export function seal(draft: Draft, visitor: Visitor, consent: Consent, origin: Origin): string {
  const { type, fields, place, ...rest } = draft;
  const advertising = consent.advertising();
  const url = clean(place.url, advertising);
  const { pathname, search } = new URL(url);
  const referrer = clean(place.referrer, advertising);
  const page = { url, path: pathname, search, title: withoutEmail(place.title), referrer };
  const context = {
    page,
    ...origin.told(),
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
    userAgent: navigator.userAgent,
    library: { name: 'rondom.js', version: VERSION },
    consent: unlessEmpty(consent.all()),
    // Once for a page is enough: each time it is kept what was said.
    gpc: (type === 'page' && consent.gpc()) || undefined,
  };
  const properties = type === 'page' ? { ...page, ...(fields.properties as Fields) } : fields.properties;
  return JSON.stringify({ type, anonymousId: visitor.id(), ...rest, ...fields, properties, context });
}
