// A small shop, told of by either library, and a browser to visit it with.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { PATIENCE, url, writeKey } from './server.mjs';

const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
/** The library as its package has it. */
const ANALYTICS = new URL('node_modules/@segment/analytics-next/dist/umd/index.js', import.meta.url);
/** Our script, from the server, and what the page says to it at once. */
const rondom = (attributes = '', then = '') =>
  `<script async src="${url}/rondom.js" data-write-key="${writeKey}" ${attributes}></script>
  <script>
    window.rondom = window.rondom || [];
    const tell = (call, ...given) => rondom.push([call, ...given]);
    ${then}
  </script>`;
/** How a page loads a library, by the first folder of its address; `tell` calls it. */
const LIBRARIES = {
  segment: `<script src="/analytics.js"></script>
  <script>
    const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: '${writeKey}', cdnURL: '${url}' });
    const tell = (call, ...given) => analytics[call](...given);
    tell('page');
  </script>`,
  rondom: rondom(),
  undecided: rondom('data-consent="required"'),
  refusing: rondom('data-consent="required"', "tell('consent', { analytics: false });"),
};
const PAGES = {
  '': '<a href="mug">Mug</a>',
  mug: `<button id="add">Add to cart</button> <a href="account">Account</a>
  <script>
    const mug = { product_id: 'mug-1', name: 'Mug', price: 12.5, currency: 'EUR' };
    // Once it is in sight, as shops do that count what was looked at.
    setTimeout(() => {
      tell('track', 'Product Viewed', mug);
      window.shown = true;
    }, 500);
    add.onclick = () => tell('track', 'Product Added', { ...mug, cart_id: 'cart-1', quantity: 2 });
  </script>`,
  account: `<form id="enter"><input name="email"><button>Enter</button></form>
  <button id="buy">Buy</button> <a href="contact">Contact</a>
  <script>
    enter.onsubmit = (event) => {
      event.preventDefault();
      const email = enter.elements.email.value;
      tell('identify', email.split('@')[0], { email, plan: 'gold' });
    };
    buy.onclick = () => tell('track', 'Order Completed', { order_id: 'o-1', total: 25, currency: 'EUR' });
  </script>`,
  contact: '<form id="ask"><input name="subject"><textarea name="question"></textarea><button>Send</button></form> <a href="./">Shop</a>',
};

/** Opens the shop for the tests of one file, and closes it after them. */
export async function open() {
  const shop = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://shop');
    const [, library, page] = pathname.split('/');
    if (pathname === '/analytics.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(await readFile(ANALYTICS));
    } else if (LIBRARIES[library] && PAGES[page] !== undefined) {
      const html = `<!doctype html><html lang="en"><head><title>Shop ${page}</title>${LIBRARIES[library]}</head><body>${PAGES[page]}</body></html>`;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    } else {
      response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    }
  });
  await new Promise((ready) => shop.listen(0, '127.0.0.1', ready));
  const base = `http://127.0.0.1:${shop.address().port}`;
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: FLAGS.split(' ') });
  after(async () => {
    await browser.close();
    shop.closeAllConnections();
    shop.close();
  });

  /** Somebody with a browser of their own, at a page of the shop. */
  return async function visit(t, path) {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    const errors = [];
    const sent = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
    context.on('request', (request) => {
      if (!request.url().startsWith(`${url}/v1/`) || request.method() !== 'POST') return;
      const body = request.postDataJSON();
      sent.push(...(body.batch ?? [body]));
    });
    await page.goto(base + path);
    return {
      page,
      /** What went wrong in pages. */
      errors,
      /** The messages that were sent. */
      sent,
      /** Waits until so many page views are sent: by then the library is at work, as it is when people begin to read. */
      async viewed(pages) {
        const end = Date.now() + PATIENCE;
        while (sent.filter(({ type }) => type === 'page').length < pages) {
          if (Date.now() > end) throw new Error(`${path}: ${pages} page views were never sent`);
          await page.waitForTimeout(20);
        }
      },
      stored: async () => ({
        cookies: (await context.cookies()).map(({ name }) => name),
        local: await page.evaluate(() => Object.keys(localStorage)),
        session: await page.evaluate(() => Object.keys(sessionStorage)),
      }),
      cookie: async (name) => (await context.cookies()).find((cookie) => cookie.name === name)?.value,
    };
  };
}
