// Visitors of a shop, who come to be known, in a real browser: the library of Segment, unchanged, and rondom.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, eventually, profile } from './server.mjs';
import { open } from './shop.mjs';

const visit = await open();
/** Long enough for whatever would be told to be told: rondom.js waits for a second. */
const SILENCE = 1_500;

/** From the campaign to the order; `viewed` waits until somebody reads the nth page. */
async function shop({ page, viewed }, name, reads = viewed) {
  await reads(1);
  await page.click('text=Mug');
  await reads(2);
  await page.waitForFunction(() => window.shown);
  await page.click('#add');
  await page.click('text=Account');
  await reads(3);
  await page.fill('[name=email]', `${name}@example.test`);
  await page.click('text=Enter');
  await page.waitForTimeout(50);
  await page.click('#buy');
}

/** The one profile that the shopper is by every name; `events` happened, in this order. */
const shopper = (name, anonymousId, events) => eventually(async () => {
  const found = await profile({ userId: name });
  assert.deepEqual(found?.events, events);
  for (const by of [{ anonymousId }, { email: `${name}@example.test` }]) {
    assert.equal((await profile(by))?.id, found.id, JSON.stringify(by));
  }
  assert.deepEqual(found.identifiers, { EMAIL: [`${name}@example.test`], USER_ID: [name], ANONYMOUS_ID: [anonymousId] });
  const touch = { source: 'news', campaign: 'spring' };
  const touches = ['first_touch', 'last_touch'].flatMap((which) =>
    Object.entries(touch).map(([key, value]) => [`${which}.${key}`, value]));
  assert.deepEqual(found.traits, { email: `${name}@example.test`, 'web.plan': 'gold', ...Object.fromEntries(touches) });
  const said = Object.fromEntries(found.timeline.map(({ name, properties }) => [name, properties]));
  assert.equal(said['Product Viewed'].product_id, 'mug-1');
  assert.deepEqual([said['Product Added'].cart_id, said['Product Added'].quantity], ['cart-1', 2]);
  assert.deepEqual(said['Order Completed'], { order_id: 'o-1', total: 25, currency: 'EUR' });
  const [landing, ...pages] = found.timeline.filter((entry) => entry.name === 'Page Viewed').map((entry) => entry.properties);
  assert.match(landing.search ?? landing.url, /\?utm_source=news&utm_campaign=spring$/);
  assert.deepEqual(pages.map(({ path }) => path.split('/').at(-1)).slice(0, 2), ['mug', 'account']);
  return found;
});

test('@segment/analytics-next: from a campaign to an order, one person', async (t) => {
  const visitor = await visit(t, '/segment/?utm_source=news&utm_campaign=spring');
  await shop(visitor, 'sonja');
  await shopper('sonja', await visitor.cookie('ajs_anonymous_id'), [
    'Page Viewed', 'Page Viewed', 'Product Viewed', 'Product Added', 'Page Viewed', 'Identified', 'Order Completed',
  ]);
  assert.deepEqual(visitor.errors, []);
});

test('rondom.js: from a campaign to an order and a form that is left unfinished, one person', async (t) => {
  const visitor = await visit(t, '/rondom/?utm_source=news&utm_campaign=spring');
  await shop(visitor, 'robin');
  await visitor.page.click('text=Contact');
  await visitor.viewed(4);
  await visitor.page.fill('[name=subject]', 'Nothing that anybody shall read');
  await visitor.page.click('text=Shop');
  const found = await shopper('robin', await visitor.cookie('rondom_id'), [
    'Page Viewed', 'Page Viewed', 'Product Viewed', 'Product Added', 'Page Viewed', 'Form Started', 'Form Submitted', 'Identified',
    'Order Completed', 'Page Viewed', 'Form Started', 'Form Abandoned', 'Page Viewed',
  ]);
  const abandoned = found.timeline.find(({ name }) => name === 'Form Abandoned').properties;
  assert.deepEqual([abandoned.form, abandoned.fields, abandoned.last_field], ['ask', ['subject'], 'subject']);
  assert.ok(!JSON.stringify(found).includes('anybody shall read'));
  assert.deepEqual(visitor.errors, []);
});

for (const choice of ['undecided', 'refusing']) {
  test(`rondom.js: of who is ${choice} nothing is stored, here or there`, async (t) => {
    const count = async () => (await ask('{ profiles(filter: { includeInactive: true }) { totalCount } }')).profiles.totalCount;
    const before = await count();
    const visitor = await visit(t, `/${choice}/?utm_source=news`);
    await shop(visitor, choice, () => visitor.page.waitForFunction(() => window.rondom?.flush));
    await visitor.page.waitForTimeout(SILENCE);
    await visitor.page.click('text=Contact');
    assert.deepEqual(await visitor.stored(), { cookies: [], local: [], session: [] });
    assert.deepEqual(visitor.sent, []);
    assert.equal(await profile({ userId: choice }), undefined);
    assert.equal(await count(), before);
    assert.deepEqual(visitor.errors, []);
  });
}

for (const library of ['segment', 'rondom']) {
  test(`${library}: two who share a browser and never sign out are two`, async (t) => {
    const visitor = await visit(t, `/${library}/`);
    const names = [`${library}-one`, `${library}-two`];
    for (const [n, name] of names.entries()) {
      await visitor.viewed(n + 1);
      await visitor.page.evaluate((name) => tell('identify', name, { email: `${name}@example.test` }), name);
      await visitor.page.waitForTimeout(50);
      await visitor.page.evaluate((name) => tell('page', `Page of ${name}`), name);
    }
    await eventually(async () => {
      const [one, two] = [await profile({ userId: names[0] }), await profile({ userId: names[1] })];
      assert.deepEqual(one?.events, ['Page Viewed', 'Identified', 'Page Viewed']);
      assert.deepEqual(two?.events, ['Identified', 'Page Viewed']);
      assert.notEqual(one.id, two.id);
      for (const [person, name] of [[one, names[0]], [two, names[1]]]) {
        assert.equal(person.timeline.at(-1).properties.name, `Page of ${name}`);
        assert.deepEqual([person.identifiers.EMAIL, person.identifiers.USER_ID], [[`${name}@example.test`], [name]]);
      }
    });
    assert.deepEqual(visitor.errors, []);
  });
}
