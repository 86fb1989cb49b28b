// What of an address may be told. Pure.

const CLICK_IDS =
  'gclid gbraid wbraid dclid fbclid msclkid ttclid twclid li_fat_id epik rdt_cid ScCid irclickid yclid'.split(' ');
const CLICK_ID = new RegExp(`^(${CLICK_IDS.join('|')})$`, 'i');
const CAMPAIGN = 'source medium name term content id'.split(' ');

/** Parameters that open something, or tell who somebody is. */
const SECRET =
  /passw|pwd|secret|token|session|signature|jwt|api_?key|e-?mail|phone|^(code|auth|key|otp|sid|sig|hash|mc_eid|mkt_tok|_hsenc)$/i;
const EMAIL = /[^/?&#=@\s]+(?:@|%40)[^/?&#=@%\s]+\.[a-z]{2,}/gi;
/** Longer texts are cut: reading them would take the page's time. */
const LONGEST = 2000;

/** A fragment is told only where it is the route of an application: others carry tokens, and are no page of their own. */
export function route(href: string): string {
  return href.replace(/#(?![/!]).*/, '');
}

/** Titles name people, too. */
export function withoutEmail(text: string): string {
  return text.slice(0, LONGEST).replace(EMAIL, 'removed');
}

/** An address without secrets and e-mail addresses, and without click ids unless advertising may use them. */
export function clean(href: string, advertising: boolean): string {
  const told = route(href)
    .slice(0, LONGEST)
    .replace(/([?&])([^=&#]*)(=[^&#]*)?/g, (all, before: string, name: string) =>
      SECRET.test(name) || (!advertising && CLICK_ID.test(name)) ? before : all,
    )
    .replace(/([?&])&+/g, '$1')
    .replace(/[?&]+(?=#|$)/g, '');
  return withoutEmail(told);
}

type Texts = Record<string, string>;

export interface Landing {
  campaign?: Texts | undefined;
  clickIds?: Texts | undefined;
  referrer?: Texts | undefined;
}

/** What brought the visitor here: the campaign, the ids of advertisements, and the other site. */
export function landing(href: string, referrer: string): Landing {
  const { searchParams, host } = new URL(clean(href, true));
  const pick = (names: string[], parameter: (name: string) => string): Texts | undefined => {
    const found = names.map((name) => [name, searchParams.get(parameter(name)) ?? '']).filter(([, value]) => value);
    return found.length ? Object.fromEntries(found) : undefined;
  };
  const from = referrer ? new URL(clean(referrer, false)) : undefined;
  return {
    campaign: pick(CAMPAIGN, (name) => `utm_${name === 'name' ? 'campaign' : name}`),
    clickIds: pick(CLICK_IDS, (name) => name),
    referrer: from && from.host !== host ? { url: from.href, domain: from.host } : undefined,
  };
}
