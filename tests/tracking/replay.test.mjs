// `replay.mjs`, with recordings of our own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { eventually, profile, url, writeKey } from './server.mjs';

const basic = ['Authorization', `Basic ${btoa('wk_theirs:')}`];
const event = (name) => ({ type: 'track', userId: 'replayed', event: name, messageId: name, timestamp: `2026-01-0${name}T00:00:00Z` });
const recording = (path, body, headers) => ({ method: 'POST', path, headers, raw_body_b64: Buffer.from(body).toString('base64') });

async function replay(t, recordings) {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [n, one] of recordings.entries()) await writeFile(join(folder, `${n}.json`), JSON.stringify(one));
  const ran = spawnSync(process.execPath, ['replay.mjs', folder, '--url', url, '--write-key', writeKey], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return [ran.status, ran.stdout.trim().split('\n')];
}

test('what was recorded is said again, with our key for theirs', async (t) => {
  const [status, lines] = await replay(t, [
    { method: 'GET', path: '/v1/projects/wk_theirs/settings', headers: [] },
    { method: 'GET', path: '/favicon.ico', headers: [] },
    recording('/v1/batch', gzipSync(JSON.stringify({ batch: [event('1')] })), [basic, ['Content-Encoding', 'gzip']]),
    recording('/v1/t', JSON.stringify({ ...event('2'), writeKey: 'wk_theirs' }), [['Content-Type', 'text/plain']]),
  ]);
  assert.deepEqual(lines, [
    '200  0.json', 'left out  1.json', '200  2.json', '200  3.json', '3 of 3 requests were answered with 200',
  ]);
  assert.equal(status, 0);
  await eventually(async () => assert.deepEqual((await profile({ userId: 'replayed' }))?.events, ['1', '2']));
});

test('whatever is not answered with 200 is told, and nothing to send is no success', async (t) => {
  const [status, lines] = await replay(t, [recording('/v1/batch', '{', [basic])]);
  assert.equal(status, 1);
  assert.match(lines[0], /^400 {2}0\.json {2}.*no JSON/);
  assert.equal((await replay(t, []))[0], 1);
});
