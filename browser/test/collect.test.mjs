import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './site.mjs';

const site = await open();
const TALL = '<div style="height:6000px">tall</div>';

test('an application without page loads gives one page view for each address', async (t) => {
  const visitor = await site.visitor(t);
  const page = await visitor.go('/start');
  await visitor.message('page');
  await page.evaluate(() => {
    history.pushState({}, '', '/one');
    setTimeout(() => (document.title = 'One'), 10);
  });
  const one = await visitor.message('page', 2);
  assert.equal(one.properties.title, 'One');
  assert.equal(one.properties.path, '/one');
  assert.equal(one.properties.referrer, `${site.base}/start`);
  await page.evaluate(() => {
    history.replaceState({ scroll: 1 }, '', '/one');
    history.pushState({}, '', '#part');
    // A redirection is one view, and so is one that the application tells itself.
    history.pushState({}, '', '/old');
    history.replaceState({}, '', '/two');
  });
  assert.equal((await visitor.message('page', 3)).properties.path, '/two');
  await page.evaluate(() => {
    history.pushState({}, '', '/three');
    rondom.page('Third', { shelf: 3 });
  });
  const third = await visitor.message('page', 4);
  assert.equal(third.name, 'Third');
  assert.deepEqual([third.properties.name, third.properties.shelf, third.properties.path], ['Third', 3, '/three']);
  await page.goBack();
  assert.equal((await visitor.message('page', 5)).properties.path, '/two');
  await page.evaluate(() => (location.hash = '#/route'));
  assert.match((await visitor.message('page', 6)).properties.url, /\/two#\/route$/);
  // Back from the cache of the browser.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await visitor.message('page', 7);
  await page.waitForTimeout(200);
  await visitor.settle(page);
  assert.equal(visitor.of('page').length, 7);
});

test('an application can tell its page views itself', async (t) => {
  const visitor = await site.visitor(t, { attributes: 'data-spa="off"' });
  const page = await visitor.go('/start');
  await visitor.message('page');
  await page.evaluate(() => history.pushState({}, '', '/one'));
  await page.waitForTimeout(200);
  await visitor.settle(page);
  assert.equal(visitor.of('page').length, 1);
  await page.evaluate(() => rondom.page());
  assert.equal((await visitor.message('page', 2)).properties.path, '/one');
});

test('scrolling is told by quarters, once for each page view', async (t) => {
  const visitor = await site.visitor(t, { body: TALL });
  const page = await visitor.go('/');
  await visitor.message('page');
  const scroll = async (share) => {
    await page.evaluate((share) => scrollTo(0, share * (document.documentElement.scrollHeight - innerHeight)), share);
    await page.evaluate(async () => {
      for (let n = 0; n < 4; n++) await new Promise((painted) => requestAnimationFrame(painted));
    });
  };
  await scroll(0.3);
  await scroll(0);
  await scroll(0.3);
  await scroll(1);
  await scroll(0.2);
  await visitor.message('Scroll Depth Reached', 4);
  const depths = () => visitor.of('Scroll Depth Reached').map((message) => message.properties.depth);
  assert.deepEqual(depths(), [25, 50, 75, 100]);
  await page.evaluate(() => {
    history.pushState({}, '', '/next');
    scrollTo(0, 0);
  });
  await visitor.message('page', 2);
  await visitor.settle(page);
  assert.equal(depths().length, 4);
  await scroll(0.25);
  const fifth = await visitor.message('Scroll Depth Reached', 5);
  assert.deepEqual([fifth.properties.depth, fifth.context.page.path], [25, '/next']);
});

test('a page that is only prepared counts when it is seen', async (t) => {
  const before = () => Object.defineProperty(document, 'prerendering', { value: true });
  const visitor = await site.visitor(t, { before, head: `<script>window.rondom=[['track','Early']]</script>` });
  const page = await visitor.go('/');
  await page.waitForTimeout(300);
  assert.deepEqual(visitor.posts, []);
  assert.deepEqual(await visitor.cookies(), []);
  await page.evaluate(() => document.dispatchEvent(new Event('prerenderingchange')));
  await visitor.message('page');
  await visitor.message('Early');
});

test('a short page has no depth', async (t) => {
  const visitor = await site.visitor(t, { body: '<p>short</p>' });
  const page = await visitor.go('/');
  await visitor.message('page');
  await page.evaluate(() => dispatchEvent(new Event('scroll')) && document.dispatchEvent(new Event('scroll')));
  await page.waitForTimeout(100);
  await visitor.settle(page);
  assert.equal(visitor.messages().length, 1);
});

test('a film is followed from its beginning to its end', async (t) => {
  const body = '<video muted src="/film.wav?v=1"></video><video muted data-title="Ours" src="/film.wav" data-rondom-ignore></video>';
  const visitor = await site.visitor(t, { body });
  const page = await visitor.go('/');
  await page.evaluate(async () => {
    const films = [...document.querySelectorAll('video')];
    const ended = films.map((film) => new Promise((done) => film.addEventListener('ended', done)));
    for (const film of films) await film.play();
    films[0].pause();
    await new Promise((done) => films[0].addEventListener('pause', done, { once: true }));
    await films[0].play();
    await Promise.all(ended);
  });
  await visitor.message('Video Playback Completed');
  const told = visitor.messages().filter((message) => message.event?.startsWith('Video'));
  assert.deepEqual(told.map((message) => message.event.replace('Video ', '')), [
    'Playback Started', 'Playback Paused', 'Playback Resumed',
    'Content Playing', 'Content Playing', 'Content Playing', 'Playback Completed',
  ]);
  assert.equal(new Set(told.map((message) => message.properties.session_id)).size, 1);
  for (const { properties } of told) assert.deepEqual([properties.total_length, properties.title], [2, 'film.wav']);
  assert.equal(told.at(-1).properties.position, 2);
});

const FORM = `<form id="order" action="/buy?token=s3">
  <input name="id"><input name="ignoredtoo" data-rondom-ignore><input name="email"><input name="colour" data-rondom-value>
  <input type="password" name="password" data-rondom-value><input name="number" autocomplete="cc-number" data-rondom-value>
  <input type="password" name="again" data-rondom-value><input name="account" data-rondom-value>
  <input name="digits" autocomplete="cc-csc" data-rondom-value>
  <input type="password" name="known" value="passwordvalue" data-rondom-value><input type="file" name="letter" data-rondom-value>
  <input type="hidden" name="csrf" value="hiddenvalue" data-rondom-value>
  <input type="checkbox" name="news" data-rondom-value value="weekly"><input type="checkbox" name="calls" data-rondom-value>
  <button name="go">Go</button></form>
  <form data-rondom-ignore><input name="ignored"></form>`;

async function fill(page) {
  await page.fill('[name=id]', 'idvalue');
  await page.fill('[name=email]', 'ann@example.org');
  await page.fill('[name=colour]', 'green');
  await page.fill('[name=password]', 'passwordvalue');
  await page.fill('[name=number]', '4111111111111111');
  await page.fill('[name=again]', 'passwordvalue');
  await page.fill('[name=account]', '4111 1111 1111 1111');
  await page.fill('[name=digits]', '987');
  await page.setInputFiles('[name=letter]', { name: 'filevalue.txt', mimeType: 'text/plain', buffer: Buffer.from('') });
  await page.check('[name=news]');
  await page.fill('[name=ignored]', 'ignoredvalue');
}
const WHO = { form: 'order', form_id: 'order', form_action: '/buy' };
const SECRETS = /filevalue|idvalue|ann@|passwordvalue|4111|hiddenvalue|ignored|s3/;

test('a form is told by its fields, with the values that the page marked, and never secrets', async (t) => {
  const visitor = await site.visitor(t, { body: FORM });
  const page = await visitor.go('/');
  await fill(page);
  await page.evaluate(() => {
    document.addEventListener('submit', (event) => event.preventDefault());
    for (const field of document.querySelectorAll('[name=password], [name=again]')) field.type = 'text';
  });
  await page.click('button');
  const submitted = await visitor.message('Form Submitted');
  assert.deepEqual((await visitor.message('Form Started')).properties, WHO);
  assert.deepEqual(submitted.properties, {
    ...WHO,
    fields: ['id', 'email', 'colour', 'password', 'number', 'again', 'account', 'digits', 'known', 'letter', 'news', 'calls'],
    values: { colour: 'green', news: 'weekly' },
  });
  await page.goto(`${site.base}/next`);
  await visitor.message('page', 2);
  assert.equal(visitor.of('Form Abandoned').length, 0);
  assert.equal(visitor.of('Form Started').length, 1);
  assert.doesNotMatch(JSON.stringify(visitor.posts), SECRETS);
});

test('a form that is left is told without any value, even marked', async (t) => {
  const visitor = await site.visitor(t, { body: FORM });
  const page = await visitor.go('/');
  await fill(page);
  await page.fill('[name=id]', '');
  await page.evaluate(() => {
    dispatchEvent(new Event('pagehide'));
    dispatchEvent(new Event('pagehide'));
    history.pushState({}, '', '/elsewhere');
  });
  const left = await visitor.message('Form Abandoned');
  assert.deepEqual(left.properties, {
    ...WHO,
    fields: ['email', 'colour', 'password', 'number', 'again', 'account', 'digits', 'letter', 'news'],
    last_field: 'id',
  });
  assert.equal(left.context.page.path, '/', 'told of the page that it was on');
  await page.goto(`${site.base}/next`);
  await visitor.message('page', 3);
  assert.equal(visitor.of('Form Abandoned').length, 1);
  assert.doesNotMatch(JSON.stringify(visitor.posts), /green|weekly/);
  assert.doesNotMatch(JSON.stringify(visitor.posts), SECRETS);
});

test('each of these can be switched off', async (t) => {
  const attributes = 'data-scroll="off" data-video="off" data-forms="off"';
  const visitor = await site.visitor(t, { attributes, body: FORM + TALL + '<video muted src="/film.wav"></video>' });
  const page = await visitor.go('/');
  await fill(page);
  await page.evaluate(() => scrollTo(0, 3000));
  await page.evaluate(() => document.querySelector('video').play());
  await page.waitForTimeout(200);
  await page.goto(`${site.base}/next`);
  await visitor.message('page', 2);
  await visitor.settle(page);
  assert.equal(visitor.messages().length, 2);
});
