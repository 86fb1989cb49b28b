// Whatever happens to the script, the page goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './site.mjs';

const site = await open();

test('storage that throws breaks nothing', async (t) => {
  const before = () => {
    const refuse = { get() { throw new DOMException('no', 'SecurityError'); }, set() { throw new DOMException('no', 'SecurityError'); } };
    for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, refuse);
    Object.defineProperty(Document.prototype, 'cookie', refuse);
  };
  for (const attributes of ['', 'data-consent="required"']) {
    const visitor = await site.visitor(t, { before, attributes, answers: [{ status: 503 }] });
    const page = await visitor.go('/?utm_source=news');
    await page.evaluate(() => {
      rondom.consent({ analytics: true });
      rondom.identify('u1');
      rondom.track('Works');
    });
    const works = await visitor.message('Works');
    assert.equal(works.userId, 'u1');
    assert.equal((await visitor.message('page')).anonymousId, works.anonymousId);
    await page.evaluate(() => rondom.consent({ analytics: false }));
    await visitor.message('Consent Changed', 2);
    await page.evaluate(() => rondom.reset());
    assert.deepEqual(page.errors.filter((error) => !error.includes('503')), []);
  }
});

test('storage that is full breaks nothing', async (t) => {
  const before = () => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  };
  const visitor = await site.visitor(t, { before, answers: [{ status: 503 }] });
  const page = await visitor.go('/');
  await visitor.message('page');
  assert.deepEqual(page.errors.filter((error) => !error.includes('503')), []);
});

test('storage that holds nonsense breaks nothing', async (t) => {
  const visitor = await site.visitor(t);
  await visitor.context.addInitScript((key) => {
    document.cookie = 'rondom_id=%E0%A4%A';
    document.cookie = 'rondom_consent=[7';
    localStorage[key] = '{"until":"never","texts":7}';
    sessionStorage.rondom_landing = '"text"';
  }, `rondom_queue_${visitor.key}`);
  const page = await visitor.go('/');
  assert.match((await visitor.message('page')).anonymousId, /^rv-[0-9a-f]{32}$/);
  assert.deepEqual(page.errors, []);
});

test('odd calls break nothing, and what is sound of them is told', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  const thrown = await page.evaluate(() => {
    const circle = { ok: 1 };
    circle.self = circle;
    try {
      rondom.track('Circle', circle);
      rondom.track('Big', { count: 12345678901234567890n });
      rondom.track('Huge', { text: 'x'.repeat(40_000) });
      rondom.track('Page', { element: document.body, window, list: [document] });
      rondom.track('Getter', { get bad() { throw new Error('bad'); } });
      for (const odd of [undefined, null, 0, '', NaN, {}, [], () => 1, Symbol('s'), 1n]) {
        for (const name of ['page', 'track', 'identify', 'group', 'alias', 'consent', 'push']) rondom[name](odd, odd);
      }
      const changing = { step: 1 };
      rondom.track('Changing', changing);
      changing.step = 2;
      const { track } = rondom;
      track('Alone');
    } catch (error) {
      return String(error);
    }
    return '';
  });
  assert.equal(thrown, '');
  await visitor.message('Alone');
  assert.deepEqual((await visitor.message('Circle')).properties, { ok: 1 });
  assert.deepEqual((await visitor.message('Big')).properties, { count: '12345678901234567890' });
  assert.deepEqual((await visitor.message('Changing')).properties, { step: 1 });
  assert.deepEqual((await visitor.message('Page')).properties, { list: [null] });
  for (const dropped of ['Huge', 'Getter']) assert.equal(visitor.of(dropped).length, 0, dropped);
  assert.deepEqual(page.errors, []);
});

test('a strict policy for content is met', async (t) => {
  const csp = `default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'`;
  const visitor = await site.visitor(t, { csp, body: '<form id="f"><input name="a"></form>' });
  const page = await visitor.go('/');
  await page.fill('input', 'x');
  await visitor.message('Form Started');
  await visitor.message('page');
  assert.deepEqual(page.errors, []);
});

test('a policy that forbids the endpoint, or a blocker, breaks nothing', async (t) => {
  const visitor = await site.visitor(t, { csp: `connect-src 'none'` });
  const page = await visitor.go('/');
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => (rondom.track('Unheard'), typeof rondom.track)), 'function');
  assert.deepEqual(page.errors.filter((error) => !/Content Security Policy|violates/.test(error)), []);
});

test('the script twice, without a key, or beside something else of its name does no harm', async (t) => {
  const twice = await site.visitor(t);
  const page = await twice.go('/');
  await twice.message('page');
  await page.evaluate((key) => {
    const script = document.createElement('script');
    script.src = '/rondom.js';
    script.dataset.writeKey = key;
    document.head.append(script);
    return new Promise((loaded) => (script.onload = loaded));
  }, twice.key);
  await twice.settle(page);
  assert.equal(twice.of('page').length, 1);

  const taken = await site.visitor(t, { head: '<script>window.rondom = { mine: true }</script>' });
  const other = await taken.go('/');
  assert.deepEqual(await other.evaluate(() => rondom), { mine: true });

  const keyless = await site.visitor(t, { head: '<script src="/rondom.js"></script>' });
  const without = await keyless.go('/');
  await without.evaluate(() => rondom.track('Nowhere'));
  await keyless.settle(without);
  assert.deepEqual(keyless.posts, []);
  assert.deepEqual((await keyless.cookies()), []);
  assert.deepEqual(without.errors, []);
});

test('a method of the history that fails, fails as before', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  const name = await page.evaluate(() => {
    try {
      history.pushState({}, '', 'https://elsewhere.test/');
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(name, 'SecurityError');
});
