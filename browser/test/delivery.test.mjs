import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './site.mjs';

const site = await open();
/** Notes which requests may outlive the page. */
const noteLasting = () => {
  const { fetch } = window;
  window.lasting = [];
  window.fetch = (address, wanted) => {
    window.lasting.push(wanted.keepalive);
    return fetch(address, wanted);
  };
};
const NOTHING_KEPT = () => localStorage.length === 0;
const SOMETHING_KEPT = () => localStorage.length > 0;

test('events travel together, twenty at the most before they leave', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  await visitor.message('page');
  const start = Date.now();
  await page.evaluate(() => rondom.track('Alone'));
  await visitor.message('Alone');
  assert.ok(Date.now() - start >= 800, 'it waits for company');
  await page.evaluate(() => {
    for (let n = 0; n < 20; n++) rondom.track('Crowd', { n });
  });
  await visitor.message('Crowd', 20);
  assert.deepEqual(visitor.posts.map((post) => post.body.batch.length), [1, 1, 20]);
  assert.deepEqual(visitor.of('Crowd').map((message) => message.properties.n), [...Array(20).keys()]);
});

test('much to say is cut into batches that may outlive the page', async (t) => {
  const visitor = await site.visitor(t, { before: noteLasting });
  const page = await visitor.go('/');
  await visitor.message('page');
  await page.evaluate(() => {
    for (let n = 0; n < 30; n++) rondom.track('Large', { text: 'é'.repeat(5000) });
  });
  await visitor.message('Large', 30);
  assert.ok(visitor.posts.every((post) => Buffer.byteLength(JSON.stringify(post.body)) < 61_000));
  // One that failed would have been repeated without.
  assert.deepEqual(await page.evaluate(() => lasting.filter((lasts) => !lasts)), []);
});

test('a page that is closed still says what it had to say', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  await page.evaluate(() => rondom.track('Last words'));
  await page.close({ runBeforeUnload: true });
  await visitor.message('Last words');
  await visitor.message('page');
});

test('a page that is hidden says it, too, and only once', async (t) => {
  const visitor = await site.visitor(t, { before: noteLasting });
  const page = await visitor.go('/');
  await visitor.message('page');
  const kept = await page.evaluate(() => {
    rondom.track('Last words');
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
    return localStorage.length;
  });
  assert.equal(kept, 1, 'in case that nobody hears the answer');
  await visitor.message('Last words');
  await page.waitForFunction(NOTHING_KEPT);
  await visitor.settle(page);
  assert.equal(visitor.posts.length, 2);
  assert.deepEqual(await page.evaluate(() => lasting), [true, true]);
});

test('what happens without a network is told when it is back', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  await visitor.message('page');
  await visitor.context.setOffline(true);
  await page.evaluate(() => {
    rondom.track('Offline');
    return rondom.flush();
  });
  assert.equal(visitor.of('Offline').length, 0);
  await visitor.context.setOffline(false);
  await visitor.message('Offline');
  await page.waitForFunction(NOTHING_KEPT);
});

test('what a page could not tell before it was closed, the next one tells', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  await visitor.message('page');
  await visitor.context.setOffline(true);
  await page.evaluate(() => {
    rondom.track('Offline');
    return rondom.flush();
  });
  await page.waitForFunction(SOMETHING_KEPT);
  await page.close();
  await visitor.context.setOffline(false);
  const next = await visitor.go('/next');
  const told = await visitor.message('Offline');
  assert.equal(told.context.page.path, '/');
  await next.waitForFunction(NOTHING_KEPT);
});

test('a server in trouble is tried again, later and later, with the same messages', async (t) => {
  const visitor = await site.visitor(t, { answers: [{ status: 503 }, { status: 500 }] });
  await visitor.go('/');
  await visitor.message('page');
  const [first, second, third] = visitor.posts;
  const waits = [second.at - first.at, third.at - second.at];
  assert.ok(waits[0] >= 450 && waits[1] >= 950, `${waits}`);
  assert.equal(third.body.batch[0].messageId, first.body.batch[0].messageId);
});

test('a server that asks for silence gets it, from the next page, too', async (t) => {
  const visitor = await site.visitor(t, { answers: [{ status: 429, headers: { 'retry-after': '2' } }] });
  const page = await visitor.go('/');
  await visitor.until('the first post', () => visitor.posts.length === 1);
  await page.waitForFunction(SOMETHING_KEPT);
  await page.evaluate(() => rondom.flush());
  await page.goto(`${site.base}/next`);
  await visitor.message('page', 2);
  const [first, second] = visitor.posts;
  assert.ok(second.at - first.at >= 1900, `${second.at - first.at} ms`);
  assert.equal(visitor.of('page').length, 2);
});

test('what the server refuses is not sent again', async (t) => {
  const refused = async (status) => {
    const visitor = await site.visitor(t, { answers: [{ status }] });
    const page = await visitor.go('/');
    await visitor.until('the first post', () => visitor.posts.length === 1);
    await page.evaluate(() => rondom.track('Next'));
    await visitor.message('Next');
    await visitor.settle(page);
    assert.deepEqual(visitor.messages().map((message) => message.event), ['Next']);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  };
  await Promise.all([400, 401, 413].map(refused));
});

test('a long silence of the server costs the browser no more than a bounded queue', async (t) => {
  const answers = Array(50).fill({ status: 503 });
  const visitor = await site.visitor(t, { answers });
  const page = await visitor.go('/');
  await page.waitForFunction(SOMETHING_KEPT);
  for (let n = 0; n < 10; n++) {
    await page.evaluate(() => {
      for (let n = 0; n < 20; n++) rondom.track('Burst');
    });
  }
  const { posts } = visitor;
  assert.ok(posts.length < 5 || posts.at(-1).at - posts[0].at > 5000, 'new events do not hurry it');
  await page.evaluate(() => {
    for (let n = 0; n < 300; n++) rondom.track('Many', { n });
  });
  await page.evaluate(() => rondom.flush());
  const name = `rondom_queue_${visitor.key}`;
  await page.waitForFunction((name) => JSON.parse(localStorage[name] ?? '{}').texts?.length === 200, name);
  const kept = await page.evaluate((name) => JSON.parse(localStorage[name]).texts.map((text) => JSON.parse(text)), name);
  assert.equal(kept.at(-1).properties.n, 299);
});
