// How the page wants to be measured: the attributes of the script element.

export interface Settings {
  writeKey: string;
  endpoint: string;
  /** Nothing is stored or sent before the visitor's yes. */
  asks: boolean;
  cookieDomain: string;
  spa: boolean;
  scroll: boolean;
  video: boolean;
  forms: boolean;
  debug: boolean;
}

export function settings(script: HTMLScriptElement | null): Settings {
  const data = script?.dataset ?? {};
  return {
    writeKey: data.writeKey ?? '',
    endpoint: data.endpoint?.replace(/\/+$/, '') || new URL(script?.src || location.href).origin,
    asks: data.consent === 'required',
    cookieDomain: data.cookieDomain ?? '',
    spa: data.spa !== 'off',
    scroll: data.scroll !== 'off',
    video: data.video !== 'off',
    forms: data.forms !== 'off',
    debug: 'debug' in data,
  };
}
