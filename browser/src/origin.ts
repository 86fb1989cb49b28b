// What brought the visitor here, for as long as the tab lives.
import { type Landing, landing } from './address';
import type { Consent } from './consent';
import { attempt } from './safe';
import { shelf } from './storage';

const NAME = 'rondom_landing';

export type Origin = ReturnType<typeof origin>;

export function origin(consent: Consent) {
  const session = shelf('sessionStorage');
  const stored = (): Landing | undefined => attempt(() => JSON.parse(session.get(NAME) ?? 'null'));
  const here = attempt(() => landing(location.href, document.referrer)) ?? {};
  // An earlier page of the visit knows better, unless this one was reached by a campaign of its own.
  const current = (consent.analytics() && !here.campaign && !here.clickIds && stored()) || here;

  const told = (): Landing => (consent.advertising() ? current : { ...current, clickIds: undefined });
  const keep = () => {
    session.set(NAME, JSON.stringify(told()));
  };
  if (consent.analytics()) keep();
  return { told, keep, forget: () => session.remove(NAME) };
}
