// How far visitors come with a form: names of fields, and never what is in them unless the page says so.
import { clean } from './address';
import type { Track } from './message';
import { on } from './safe';

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Never told, whatever the page says. */
const PRIVATE_TYPE = /^(password|hidden|file)$/;
const PRIVATE_NAME = /passw|pwd|secret|token|cvc|cvv|card.?n|iban/i;
const PRIVATE_HINT = /cc-|password|one-time-code/i;
const NO_FIELD = /^(hidden|submit|button|reset|image|fieldset|output)$/;
/** Long enough for the number of a card. */
const PRIVATE_VALUE = /^(\d[ -]?){13,19}$/;
const LONGEST_VALUE = 1000;

interface Progress {
  filled: Set<string>;
  last: string;
  told: boolean;
}

// Attributes, not properties: a field called "id" or "action" would hide those of its form.
const attribute = (element: Element, name: string) => element.getAttribute(name) ?? '';
const nameOf = (field: Element) => attribute(field, 'name') || attribute(field, 'id');
const isIgnored = (element: Element) => !!element.closest('[data-rondom-ignore]');
const counts = (field: Field) => nameOf(field) && !NO_FIELD.test(field.type) && !isIgnored(field);

/** Gives the function that tells what is left unfinished, for good or perhaps only for a while. */
export function forms(track: Track): (forGood: boolean) => void {
  const open = new Map<HTMLFormElement, Progress>();
  /** Many sites show a password by making its field one of text. */
  const passwords = new WeakSet<Field>();

  on(document, 'input change', ({ target }) => {
    const field = target as Field;
    const form = field.form;
    if (!form || isIgnored(form) || !counts(field)) return;
    if (field.type === 'password') passwords.add(field);
    let progress = open.get(form);
    if (!progress) {
      progress = { filled: new Set(), last: '', told: false };
      open.set(form, progress);
      track('Form Started', describe(form));
    }
    progress.last = nameOf(field);
    progress.filled[isFilled(field) ? 'add' : 'delete'](progress.last);
  });

  on(document, 'submit', ({ target }) => {
    const form = target as HTMLFormElement;
    if (isIgnored(form)) return;
    open.delete(form);
    const fields = ([...form.elements] as Field[]).filter(counts);
    const values = fields
      .filter((field) => mayTell(field) && !passwords.has(field))
      .map((field) => [nameOf(field), field.value.slice(0, LONGEST_VALUE)]);
    track('Form Submitted', {
      ...describe(form),
      fields: [...new Set(fields.map(nameOf))],
      values: values.length ? Object.fromEntries(values) : undefined,
    });
  });

  return (forGood) => {
    for (const [form, progress] of open) {
      if (progress.told) continue;
      // Once, as visitors also look elsewhere and come back.
      progress.told = true;
      track('Form Abandoned', { ...describe(form), fields: [...progress.filled], last_field: progress.last });
    }
    if (forGood) open.clear();
  };
}

function describe(form: HTMLFormElement) {
  const id = attribute(form, 'id') || undefined;
  const name = attribute(form, 'name') || undefined;
  const { pathname } = new URL(clean(new URL(attribute(form, 'action'), location.href).href, false));
  return { form: id ?? name ?? pathname, form_id: id, form_name: name, form_action: pathname };
}

function isFilled(field: Field): boolean {
  return /^(checkbox|radio)$/.test(field.type) ? (field as HTMLInputElement).checked : field.value !== '';
}

function mayTell(field: Field): boolean {
  return (
    field.hasAttribute('data-rondom-value') &&
    isFilled(field) &&
    !PRIVATE_TYPE.test(field.type) &&
    !PRIVATE_NAME.test(nameOf(field)) &&
    !PRIVATE_HINT.test(attribute(field, 'autocomplete')) &&
    !PRIVATE_VALUE.test(field.value.trim())
  );
}
