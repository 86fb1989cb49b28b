import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './site.mjs';

const site = await open();

test('a visitor keeps one random id over page loads, in a first-party cookie of 13 months', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/one');
  const first = await visitor.message('page');
  assert.match(first.anonymousId, /^rv-[0-9a-f]{32}$/);
  assert.equal(await page.evaluate(() => rondom.visitorId()), first.anonymousId);
  await visitor.go('/two');
  const second = await visitor.message('page', 2);
  assert.equal(second.anonymousId, first.anonymousId);

  const [cookie, ...others] = await visitor.cookies();
  assert.deepEqual(others, []);
  assert.equal(cookie.name, 'rondom_id');
  assert.equal(cookie.value, first.anonymousId);
  assert.equal(cookie.sameSite, 'Lax');
  const months = (cookie.expires - Date.now() / 1000) / (30.4 * 24 * 3600);
  assert.ok(months > 12.5 && months < 13.5, `${months} months`);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});

test('a message says what happened, where and with what', async (t) => {
  const visitor = await site.visitor(t, { locale: 'da-DK', timezoneId: 'Europe/Copenhagen' });
  const page = await visitor.go('/shop?size=xl&token=s3#part');
  await page.evaluate(() => rondom.track('Product Viewed', { sku: 'A1', price: 12.5 }));
  const view = await visitor.message('page');
  const event = await visitor.message('Product Viewed');
  const [post] = visitor.posts;
  assert.equal(post.path, '/v1/batch');
  assert.equal(post.headers['content-type'], 'text/plain');
  assert.equal(post.headers.cookie, undefined);
  assert.equal(post.headers.referer, `${site.base}/`);
  assert.deepEqual(Object.keys(post.body).sort(), ['batch', 'sentAt', 'writeKey']);
  const where = { url: `${site.base}/shop?size=xl`, path: '/shop', search: '?size=xl', title: 'Page /shop', referrer: '' };
  assert.deepEqual(view.properties, where);
  assert.deepEqual(event.properties, { sku: 'A1', price: 12.5 });
  assert.equal(event.type, 'track');
  assert.notEqual(event.messageId, view.messageId);
  assert.ok(Math.abs(Date.parse(event.timestamp) - Date.now()) < 20_000);
  const { userAgent, screen, ...context } = event.context;
  assert.match(userAgent, /Chrom/);
  assert.deepEqual(Object.keys(screen), ['width', 'height', 'density']);
  assert.deepEqual(context, {
    page: where,
    locale: 'da-DK',
    timezone: 'Europe/Copenhagen',
    library: { name: 'rondom.js', version: '0.1.0' },
  });
});

test('campaigns, click ids and the other site are told on every page of the visit', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/?utm_source=news&utm_campaign=spring&gclid=g1', { referer: 'https://search.test/?q=hats' });
  await visitor.message('page');
  await page.goto(`${site.base}/next`);
  const { context } = await visitor.message('page', 2);
  assert.deepEqual(context.campaign, { source: 'news', name: 'spring' });
  assert.deepEqual(context.clickIds, { gclid: 'g1' });
  assert.deepEqual(context.referrer, { url: 'https://search.test/?q=hats', domain: 'search.test' });
  await page.goto(`${site.base}/?utm_source=letter`);
  const third = await visitor.message('page', 3);
  assert.deepEqual(third.context.campaign, { source: 'letter' });
  assert.equal(third.context.clickIds, undefined);
});

test('Global Privacy Control is told, and click ids are not', async (t) => {
  const before = () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });
  const visitor = await site.visitor(t, { before });
  const page = await visitor.go('/?utm_source=news&gclid=g1&q=1', { referer: 'https://search.test/?fbclid=f1' });
  const view = await visitor.message('page');
  assert.equal(view.context.gpc, true);
  assert.deepEqual(view.context.campaign, { source: 'news' });
  assert.doesNotMatch(JSON.stringify(visitor.posts), /gclid|fbclid|g1\b|f1\b/);
  assert.doesNotMatch(await page.evaluate(() => JSON.stringify({ ...sessionStorage })), /clid/);
});

test('a view is of the moment at which the page came, and Global Privacy Control is told with it alone', async (t) => {
  const before = () => {
    Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });
    window.rondom = [['track', 'Early']];
  };
  const visitor = await site.visitor(t, { before });
  await visitor.go('/');
  const [view, early] = [await visitor.message('page'), await visitor.message('Early')];
  assert.ok(view.timestamp <= early.timestamp, `${view.timestamp} ${early.timestamp}`);
  assert.equal(view.context.gpc, true);
  assert.equal(early.context.gpc, undefined);
});

test('whoever is identified stays so until the reset, and somebody else is another visitor', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/');
  await page.evaluate(() => {
    rondom.identify('u1', { plan: 'gold' });
    rondom.identify({ city: 'Aarhus' });
    rondom.group('g1', { name: 'Hats Ltd' });
    rondom.alias('u1b');
  });
  const [named, more] = [await visitor.message('identify'), await visitor.message('identify', 2)];
  assert.equal(named.userId, 'u1');
  assert.deepEqual(named.traits, { plan: 'gold' });
  assert.equal(more.userId, 'u1');
  assert.deepEqual(more.traits, { city: 'Aarhus' });
  const group = await visitor.message('group');
  assert.deepEqual([group.groupId, group.traits, group.userId], ['g1', { name: 'Hats Ltd' }, 'u1']);
  const alias = await visitor.message('alias');
  assert.deepEqual([alias.userId, alias.previousId], ['u1b', 'u1']);

  await page.goto(`${site.base}/next`);
  await page.evaluate(() => {
    rondom.track('Still');
    rondom.identify('u2');
    rondom.reset();
    rondom.track('Fresh');
  });
  const [still, other, fresh] = [
    await visitor.message('Still'),
    await visitor.message('identify', 3),
    await visitor.message('Fresh'),
  ];
  assert.equal(still.userId, 'u1');
  assert.equal(other.userId, 'u2');
  assert.equal(fresh.userId, undefined);
  assert.equal(new Set([named, still].map((message) => message.anonymousId)).size, 1);
  assert.equal(new Set([still, other, fresh].map((message) => message.anonymousId)).size, 3);
});

test('calls made before the script was there are not lost', async (t) => {
  const head = `<script>window.rondom=window.rondom||[];window.list=rondom;rondom.push(['identify','u9'],['track','Early',{n:1}]);rondom.push(['nonsense'],7,['track','Later'])</script>`;
  const visitor = await site.visitor(t, { head });
  const page = await visitor.go('/');
  const early = await visitor.message('Early');
  assert.equal(early.userId, 'u9');
  assert.deepEqual(early.properties, { n: 1 });
  await visitor.message('Later');
  await page.evaluate(() => list.push(['track', 'Pushed']));
  await visitor.message('Pushed');
  assert.deepEqual(page.errors, []);
});

test('the endpoint may be elsewhere, and the cookie of all subdomains', async (t) => {
  const attributes = `data-endpoint="http://127.0.0.1:${site.port}/" data-cookie-domain=".hats.test"`;
  const visitor = await site.visitor(t, { attributes });
  const [www, shop] = ['www', 'shop'].map((name) => `http://${name}.hats.test:${site.port}`);
  await visitor.context.addCookies([{ name: 'visit', value: visitor.key, domain: '.hats.test', path: '/' }]);
  const page = await visitor.context.newPage();
  const asked = [];
  page.on('request', (request) => request.method() !== 'GET' && asked.push(request.method()));
  await page.goto(www);
  const view = await visitor.message('page');
  await visitor.settle(page);
  assert.equal(visitor.posts[0].headers.origin, www);
  assert.deepEqual([...new Set(asked)], ['POST'], 'no preflight');
  await page.evaluate(() => rondom.identify('u1'));
  await page.goto(shop);
  const second = await visitor.message('page', 2);
  assert.deepEqual([second.anonymousId, second.userId], [view.anonymousId, 'u1']);
  await page.evaluate(() => rondom.reset());
  await page.goto(www);
  const third = await visitor.message('page', 3);
  assert.notEqual(third.anonymousId, view.anonymousId);
  assert.equal(third.userId, undefined);
});

test('without cookies the id stands in local storage, and goes with a withdrawal', async (t) => {
  const before = () => Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set() {} });
  const visitor = await site.visitor(t, { before });
  const page = await visitor.go('/');
  const { anonymousId } = await visitor.message('page');
  await page.reload();
  assert.equal((await visitor.message('page', 2)).anonymousId, anonymousId);
  assert.equal(await page.evaluate(() => localStorage.rondom_id), anonymousId);
  await page.evaluate(() => rondom.consent({ analytics: false }));
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ['rondom_consent']);
});
