// Checks the preference centre of a running server for accessibility, with axe-core in jsdom: no browser is needed.
//
//     npm ci && node check.mjs http://127.0.0.1:4020 /preferences/TOKEN rk_…
//
// Every page is looked at in every language: as it is found, after something was saved, and where it refuses. What needs a
// browser to lay the page out, contrast, is computed from the colours of the style sheet instead.
import axe from 'axe-core';
import { JSDOM } from 'jsdom';

const [base, path, key] = process.argv.slice(2);
if (!base || !path || !key) {
  console.error('usage: node check.mjs URL PATH KEY');
  process.exit(2);
}
let failures = 0;
const fail = (where, what) => {
  failures += 1;
  console.error(`${where}: ${what}`);
};

const url = (place, query) => `${base}${place}${query}`;
const send = (place, query, body) =>
  fetch(url(place, query), {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });

async function look(name, status, answer) {
  const text = await answer.text();
  if (answer.status !== status) fail(name, `answered ${answer.status}, not ${status}`);
  const { window } = new JSDOM(text, { runScripts: 'outside-only', pretendToBeVisual: true });
  window.eval(axe.source);
  // Without a layout nothing lies on top of anything.
  window.document.elementFromPoint = () => null;
  const options = { rules: { 'color-contrast': { enabled: false } } };
  const { violations, passes, incomplete } = await window.axe.run(window.document, options);
  for (const { id, help, nodes } of violations) {
    for (const node of nodes) fail(name, `${id}: ${help}\n    ${node.html}`);
  }
  for (const { id, help } of incomplete) fail(name, `undecided, ${id}: ${help}`);
  return { document: window.document, rules: passes.length };
}

// Contrast after WCAG 2.2: text 4.5, lines and marks 3.
function contrast(style) {
  const schemes = [...style.matchAll(/:root\s*{([^}]*)}/g)].map((match) =>
    Object.fromEntries([...match[1].matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((pair) => [pair[1], pair[2]])),
  );
  if (schemes.length !== 2) fail('style', 'a light and a dark scheme are expected');
  const light = (hex) => {
    const part = (at) => {
      const value = parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  };
  const pairs = [
    ['ink', 'paper', 4.5], ['ink', 'card', 4.5], ['ink', 'rule', 4.5], ['quiet', 'paper', 4.5], ['quiet', 'card', 4.5],
    ['accent', 'paper', 4.5], ['accent', 'card', 4.5], ['on-accent', 'accent', 4.5], ['on-saved', 'saved', 4.5],
    ['line', 'card', 3], ['line', 'paper', 3],
  ];
  for (const [scheme, colours] of schemes.entries()) {
    for (const [one, other, least] of pairs) {
      const [low, high] = [light(colours[one]), light(colours[other])].sort((a, b) => a - b);
      const ratio = (high + 0.05) / (low + 0.05);
      if (!(ratio >= least)) fail('style', `scheme ${scheme}: ${one} on ${other} has ${ratio.toFixed(2)}, not ${least}`);
    }
  }
  return pairs.length * schemes.length;
}

for (const [version, text] of [['1', 'We guess what you would like.'], ['2', 'We guess. '.repeat(200)]]) {
  const purpose = version === '1' ? 'profiling' : 'email_marketing';
  const query = `mutation { publishNotice(purpose: "${purpose}", version: "${version}", language: "en", text: "${text}") { errors { message } } }`;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(url('/graphql', ''), { method: 'POST', headers, body: JSON.stringify({ query }) });
  if (!answer.ok) fail('publishNotice', answer.status);
}

let pages = 0;
let rules = 0;
const looked = async (...page) => {
  const found = await look(...page);
  pages += 1;
  rules += found.rules;
  return found.document;
};
let pairs = 0;
for (const language of ['en', 'nl', 'da']) {
  const query = `?lang=${language}`;
  const page = await looked(`${language} choices`, 200, await fetch(url(path, query)));
  pairs = contrast(page.querySelector('style').textContent);
  if (page.querySelectorAll('fieldset').length < 10) fail(language, 'the page shows too few choices');
  const first = page.querySelector('input[type=radio]');
  const answer = new URLSearchParams({ [first.name]: language === 'nl' ? 'no' : 'yes' });
  const saved = await send(path, query, answer);
  if (saved.status !== 303) fail(language, `saving answered ${saved.status}`);
  const next = new URL(saved.headers.get('location') ?? '', url(path, query));
  const after = await looked(`${language} saved`, 200, await fetch(next));
  if (!after.querySelector('[role=status]')) fail(language, 'nothing says that it was saved');
  await looked(`${language} forged`, 404, await fetch(url('/preferences/forged', query)));
  await looked(`${language} unknown choice`, 422, await send(path, query, 'choice:dancing=yes'));
  await looked(`${language} too large`, 413, await send(path, query, 'x'.repeat(65_537)));
}
console.log(`Accessibility: ${pages} pages, ${rules} rules passed, ${pairs} contrasts, ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
