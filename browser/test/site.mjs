// A small website with the committed script, a server that collects what it sends, and a browser to visit it with.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
/** Machines that test are busy: only what must not come early is measured closely. */
const PATIENCE = 20_000;
const script = await readFile(new URL('../../api/assets/rondom.js', import.meta.url));

/** Two seconds of silence, which a video element plays as well as a film. */
function sound() {
  const data = Buffer.alloc(16_000, 128);
  const head = Buffer.alloc(44);
  head.write('RIFF');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/** Opens the site for the tests of one file, and closes it after them. */
export async function open() {
  const visits = new Map();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://site');
    const send = (type, content, headers = {}) => response.writeHead(200, { 'content-type': type, ...headers }).end(content);
    if (request.method === 'POST') return collect(request, response);
    if (pathname === '/rondom.js') return send('text/javascript', script);
    if (pathname === '/film.wav') return send('audio/wav', sound(), { 'accept-ranges': 'none' });
    if (pathname === '/favicon.ico') return response.writeHead(204).end();
    const visit = visits.get(/visit=(\w+)/.exec(request.headers.cookie ?? '')?.[1]);
    if (!visit) return response.writeHead(404).end();
    return send('text/html; charset=utf-8', visit.html(pathname), visit.csp ? { 'content-security-policy': visit.csp } : {});
  });

  async function collect(request, response) {
    let text = '';
    for await (const part of request) text += part;
    const body = JSON.parse(text);
    const visit = visits.get(body.writeKey);
    const answer = visit?.answers.shift() ?? { status: 200 };
    const post = { at: Date.now(), path: request.url, headers: request.headers, size: text.length, body, status: answer.status };
    // What the server must answer for the script to understand it from another origin.
    const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' };
    response.writeHead(answer.status, { ...cors, ...answer.headers }).end('{"success":true}');
    visit?.posts.push(post);
    visit?.heard();
  }

  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  const base = `http://127.0.0.1:${port}`;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS.split(' '), '--host-resolver-rules=MAP *.test 127.0.0.1'],
  });
  after(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });

  let count = 0;
  /**
   * A visitor with a browser profile of their own. `attributes` stand in the script element, `head` before it and `body`
   * in the page; `before` runs before any script of a page.
   */
  async function visitor(t, { attributes = '', head = '', body = '', csp = '', before, answers: given = [], ...options } = {}) {
    const key = `wk${++count}`;
    const context = await browser.newContext(options);
    t.after(() => context.close());
    if (before) await context.addInitScript(before);
    await context.addCookies([{ name: 'visit', value: key, url: base }]);
    const posts = [];
    const answers = [...given];
    let waiters = [];
    const heard = () => {
      const now = waiters;
      waiters = [];
      now.forEach((wake) => wake());
    };
    const element = `<script async src="/rondom.js" data-write-key="${key}" ${attributes}></script>`;
    const html = (path) =>
      `<!doctype html><html lang="en"><head><title>Page ${path}</title>${head}${element}</head><body>${body}</body></html>`;
    visits.set(key, { posts, answers, csp, html, heard });

    /** What the server took, each message once however often it came. */
    const messages = () => {
      const taken = posts.filter((post) => post.status === 200).flatMap((post) => post.body.batch);
      return [...new Map(taken.map((message) => [message.messageId, message])).values()];
    };
    const until = async (what, found) => {
      const end = Date.now() + PATIENCE;
      for (;;) {
        const result = found();
        if (result) return result;
        if (Date.now() > end) throw new Error(`${what} never came; came: ${JSON.stringify(messages().map(called))}`);
        await new Promise((wake) => {
          waiters.push(wake);
          setTimeout(wake, 250);
        });
      }
    };
    return {
      key,
      context,
      posts,
      /** What the server answers next, instead of taking what comes. */
      answers,
      messages,
      until,
      /** Messages of one event or type. */
      of: (name) => messages().filter((message) => called(message) === name),
      /** Waits for the nth message of an event or type. */
      message: (name, nth = 1) => until(name, () => messages().filter((message) => called(message) === name)[nth - 1]),
      async go(path = '/', options) {
        const page = await context.newPage();
        page.errors = [];
        page.on('pageerror', (error) => page.errors.push(error.message));
        page.on('console', (line) => line.type() === 'error' && page.errors.push(line.text()));
        await page.goto(base + path, options);
        return page;
      },
      /** Has everything sent that is to be sent. */
      settle: async (page) => {
        await page.waitForTimeout(150);
        await page.evaluate(() => window.rondom.flush());
        await page.waitForTimeout(150);
      },
      cookies: async () => (await context.cookies()).filter((cookie) => cookie.name !== 'visit'),
    };
  }
  return { base, port, visitor };
}

const called = (message) => message.event ?? message.type;
