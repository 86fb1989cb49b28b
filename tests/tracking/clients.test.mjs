// Clients for servers, unchanged: what they send is what is known.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import Rudder from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import { eventually, profile, url, writeKey } from './server.mjs';
import { story, told } from './story.mjs';

/** Asserts that the story is known, by every name that the person has. */
const heard = (one) =>
  eventually(async () => {
    const found = await profile({ userId: one.userId });
    told(found, one);
    for (const by of [{ anonymousId: one.anonymousId }, { email: `zoe+${one.name}@example.test` }, { userId: `old-${one.name}` }]) {
      assert.equal((await profile(by))?.id, found.id, JSON.stringify(by));
    }
  });

test('@segment/analytics-node', async () => {
  const one = story('segment-node');
  const client = new Analytics({ writeKey, host: url });
  const errors = [];
  client.on('error', (error) => errors.push(error));
  for (const [kind, { at, ...call }] of one.calls) client[kind]({ ...call, timestamp: at });
  await client.closeAndFlush();
  assert.deepEqual(errors, []);
  await heard(one);
});

test('@segment/analytics-node: what happens within a millisecond keeps its order', async () => {
  const client = new Analytics({ writeKey, host: url });
  // Fewer than the client sends in one batch.
  const events = Array.from({ length: 10 }, (_, n) => `Step ${n}`);
  for (const event of events) client.track({ userId: 'hurried', event });
  await client.closeAndFlush();
  await eventually(async () => assert.deepEqual((await profile({ userId: 'hurried' }))?.events, events));
});

test('@segment/analytics-node: two who log in on one device are two', async () => {
  const client = new Analytics({ writeKey, host: url });
  const start = Date.now() - 60_000;
  const anonymousId = 'shared-device';
  const calls = [
    ['track', { event: 'Before' }],
    ['identify', { userId: 'device-one' }],
    ['track', { event: 'First' }],
    ['identify', { userId: 'device-two' }],
    ['track', { event: 'Second' }],
  ];
  for (const [n, [kind, call]] of calls.entries()) client[kind]({ ...call, anonymousId, timestamp: new Date(start + n) });
  await client.closeAndFlush();
  await eventually(async () => {
    const [one, two] = [await profile({ userId: 'device-one' }), await profile({ userId: 'device-two' })];
    assert.deepEqual([one?.events, two?.events], [['Before', 'Identified', 'First'], ['Identified', 'Second']]);
    assert.notEqual(one.id, two.id);
  });
});

for (const gzip of [true, false]) {
  test(`@rudderstack/rudder-sdk-node, ${gzip ? 'packed' : 'plain'}`, async () => {
    const one = story(gzip ? 'rudder-gzip' : 'rudder-plain');
    const errors = [];
    const client = new Rudder(writeKey, { dataPlaneUrl: url, gzip, logLevel: 'off', errorHandler: (error) => errors.push(error) });
    for (const [kind, { at, ...call }] of one.calls) client[kind]({ ...call, originalTimestamp: at });
    await client.flush();
    await heard(one);
    assert.deepEqual(errors, []);
  });
}

for (const gzip of [true, false]) {
  test(`segment-analytics-python, ${gzip ? 'packed' : 'plain'}`, { skip: process.env.WITHOUT_PYTHON && 'no Python' }, async () => {
    const one = story(gzip ? 'python-gzip' : 'python-plain');
    const python = spawn('python3', ['send.py', url, writeKey, gzip ? 'gzip' : ''], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    python.stdin.end(JSON.stringify(one.calls));
    const [code] = await new Promise((ended) => python.on('exit', (...how) => ended(how)));
    assert.equal(code, 0);
    await heard(one);
  });
}
