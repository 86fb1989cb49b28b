import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './site.mjs';

const site = await open();
const ASKS = 'data-consent="required"';
const stored = (page) =>
  page.evaluate(() => [document.cookie.replace(/visit=\w+/, ''), Object.keys(localStorage), Object.keys(sessionStorage)]);
const NOTHING = ['', [], []];

test('where consent is asked, nothing is stored or sent before the yes, and nothing is lost by it', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const page = await visitor.go('/landing?utm_source=news&gclid=g1');
  await page.evaluate(() => {
    rondom.identify('u1');
    rondom.track('Before');
  });
  await page.waitForTimeout(1300);
  await visitor.settle(page);
  assert.deepEqual(visitor.posts, []);
  assert.deepEqual(await stored(page), NOTHING);
  assert.equal(await page.evaluate(() => rondom.visitorId()), undefined);

  const answered = Date.now();
  await page.evaluate(() => rondom.consent({ analytics: true, advertising: false }));
  const changed = await visitor.message('Consent Changed');
  const told = visitor.messages().map((message) => message.event ?? message.type);
  assert.equal(told.at(-1), 'Consent Changed');
  assert.deepEqual(told.sort(), ['Before', 'Consent Changed', 'identify', 'page']);
  const before = await visitor.message('Before');
  assert.ok(Date.parse(before.timestamp) < answered - 1000, 'its own time');
  assert.equal(before.userId, 'u1');
  assert.deepEqual(before.context.consent, { analytics: true, advertising: false });
  assert.deepEqual(before.context.campaign, { source: 'news' });
  assert.doesNotMatch(JSON.stringify(visitor.posts), /gclid/);
  assert.deepEqual(changed.properties, { analytics: true, advertising: false });
  const view = await visitor.message('page');
  assert.equal(view.anonymousId, changed.anonymousId);

  // A yes is remembered, and the same answer is no news.
  await page.goto(`${site.base}/next`);
  await page.evaluate(() => rondom.consent({ analytics: true }));
  const next = await visitor.message('page', 2);
  assert.equal(next.anonymousId, view.anonymousId);
  assert.equal(visitor.of('Consent Changed').length, 1);

  await page.evaluate(() => rondom.consent({ advertising: true }));
  const more = await visitor.message('Consent Changed', 2);
  assert.deepEqual(more.properties, { analytics: true, advertising: true });
});

test('click ids of the landing are told once advertising is allowed', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const page = await visitor.go('/?gclid=g1');
  await page.evaluate(() => rondom.consent({ analytics: true, advertising: true }));
  assert.deepEqual((await visitor.message('Consent Changed')).context.clickIds, { gclid: 'g1' });
});

test('a yes in one tab sends what waits in the others', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const [one, two] = [await visitor.go('/one'), await visitor.go('/two')];
  await one.waitForTimeout(100);
  await one.evaluate(() => rondom.consent({ analytics: true }));
  const { anonymousId } = await visitor.message('Consent Changed');
  await two.evaluate(() => rondom.consent({ analytics: true }));
  assert.equal((await visitor.message('page', 2)).anonymousId, anonymousId);
  await visitor.settle(two);
  assert.equal(visitor.of('Consent Changed').length, 1);
});

test('who was here before the answer stays who it was', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const page = await visitor.go('/');
  await page.evaluate(() => {
    rondom.identify('u1');
    rondom.track('Mine');
    rondom.identify('u2');
    rondom.track('Yours');
    rondom.reset();
    rondom.track('Nobody');
    rondom.consent({ analytics: true });
  });
  const [mine, yours, nobody] = [await visitor.message('Mine'), await visitor.message('Yours'), await visitor.message('Nobody')];
  assert.deepEqual([mine.userId, yours.userId, nobody.userId], ['u1', 'u2', undefined]);
  assert.equal(new Set([mine, yours, nobody].map((message) => message.anonymousId)).size, 3);
  assert.equal(nobody.anonymousId, await page.evaluate(() => rondom.visitorId()));
});

test('after a no nothing is sent or stored, not even that', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const page = await visitor.go('/');
  await page.evaluate(() => {
    rondom.track('Before');
    rondom.consent({ analytics: false });
    rondom.identify('u1');
    rondom.track('After');
  });
  await visitor.settle(page);
  await page.goto(`${site.base}/next`);
  await visitor.settle(page);
  assert.deepEqual(visitor.posts, []);
  assert.deepEqual(await stored(page), NOTHING);
});

test('a withdrawal is told once, and what was stored is gone, in every tab', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const page = await visitor.go('/');
  await page.evaluate(() => rondom.consent({ analytics: true }));
  await page.evaluate(() => rondom.identify('u1'));
  await visitor.message('identify');
  const other = await visitor.go('/other');
  await visitor.message('page', 2);
  const id = await page.evaluate(() => rondom.visitorId());

  await page.evaluate(() => {
    rondom.track('Not yet sent');
    rondom.consent({ analytics: false });
    rondom.track('After');
  });
  assert.deepEqual(await stored(page), NOTHING);
  const last = await visitor.message('Consent Changed', 2);
  assert.deepEqual([last.anonymousId, last.userId, last.properties], [id, 'u1', { analytics: false }]);
  await other.evaluate(() => rondom.track('Elsewhere'));
  await visitor.settle(other);
  await visitor.settle(page);
  await page.goto(`${site.base}/next`);
  await visitor.settle(page);
  assert.deepEqual(['Not yet sent', 'After', 'Elsewhere'].filter((name) => visitor.of(name).length), []);
  assert.equal(visitor.of('page').length, 2);
  assert.deepEqual(await stored(page), NOTHING);

  // Who comes round is a new visitor.
  await page.evaluate(() => rondom.consent({ analytics: true }));
  const again = await visitor.message('Consent Changed', 3);
  assert.notEqual(again.anonymousId, id);
  assert.equal(again.userId, undefined);
});

test('what could not be sent before a withdrawal is not sent after it, by no tab', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const [page, other] = [await visitor.go('/one'), await visitor.go('/two')];
  await page.evaluate(() => rondom.consent({ analytics: true }));
  await visitor.message('Consent Changed');
  await other.evaluate(() => rondom.consent({ analytics: true }));
  await visitor.message('page', 2);
  await visitor.settle(other);
  visitor.answers.push({ status: 503 });
  await other.evaluate(() => {
    rondom.track('Waiting');
    return rondom.flush();
  });
  await other.waitForFunction(() => localStorage.length === 1);
  await page.evaluate(() => rondom.consent({ analytics: false }));
  assert.deepEqual(await stored(page), NOTHING);
  await visitor.message('Consent Changed', 2);
  await other.waitForTimeout(1500);
  assert.equal(visitor.of('Waiting').length, 0);
});

test('where consent is not asked, a no is remembered without an id', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  await visitor.message('page');
  await page.evaluate(() => rondom.consent({ analytics: false }));
  await visitor.message('Consent Changed');
  await page.goto(`${site.base}/next`);
  await page.evaluate(() => rondom.track('After'));
  await visitor.settle(page);
  assert.equal(visitor.messages().length, 2);
  assert.deepEqual((await visitor.cookies()).map((cookie) => cookie.name), ['rondom_consent']);
  assert.deepEqual((await stored(page)).slice(1), [[], []]);
});

test('only choices count as an answer', async (t) => {
  const visitor = await site.visitor(t, { attributes: ASKS });
  const page = await visitor.go('/');
  await page.evaluate(() => {
    for (const odd of [undefined, null, true, 'analytics', { analytics: 'yes' }, { analytics: 1 }, ['analytics']]) rondom.consent(odd);
  });
  await visitor.settle(page);
  assert.deepEqual(visitor.posts, []);
  assert.deepEqual(await stored(page), NOTHING);
  assert.deepEqual(page.errors, []);
});
