import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { module } from './module.mjs';

const { clean, landing } = await module('address');
const { backoff, bound, cut, silence, size } = await module('batch');
const { plain } = await module('safe');

test('the script is at most 8 KiB gzipped, and holds nothing that a strict policy forbids', async () => {
  const script = await readFile(new URL('../../api/assets/rondom.js', import.meta.url));
  assert.ok(gzipSync(script, { level: 9 }).length <= 8192);
  assert.doesNotMatch(script.toString(), /\beval\b|new Function|innerHTML|\.style\b/);
});

test('addresses are told without secrets, e-mail addresses and fragments', () => {
  const cases = {
    'https://a.test/': 'https://a.test/',
    'https://a.test/x?q=shoes&page=2': 'https://a.test/x?q=shoes&page=2',
    'https://a.test/x?token=s3': 'https://a.test/x',
    'https://a.test/x?reset_token=s3&q=1': 'https://a.test/x?q=1',
    'https://a.test/x?q=1&accessToken=s3&user[password]=p&z=2': 'https://a.test/x?q=1&z=2',
    'https://a.test/x?email=ann%40example.org&q=1&Code=77': 'https://a.test/x?q=1',
    'https://a.test/x?country_code=dk': 'https://a.test/x?country_code=dk',
    'https://a.test/x?to=ann%40example.org': 'https://a.test/x?to=removed',
    'https://a.test/users/ann.lee@example.org/edit': 'https://a.test/users/removed/edit',
    'https://a.test/@ann/p@1.2.3/x.js': 'https://a.test/@ann/p@1.2.3/x.js',
    'https://a.test/x?q=1#access_token=s3': 'https://a.test/x?q=1',
    'https://a.test/x#contact': 'https://a.test/x',
    'https://a.test/#/basket?token=s3&step=2': 'https://a.test/#/basket?step=2',
    'https://a.test/x?gclid=1&q=1': 'https://a.test/x?q=1',
    '': '',
  };
  for (const [href, told] of Object.entries(cases)) assert.equal(clean(href, false), told, href);
  assert.equal(clean('https://a.test/x?gclid=1&GCLID=2', true), 'https://a.test/x?gclid=1&GCLID=2');
  assert.equal(clean('https://a.test/x?gclid=1&GCLID=2', false), 'https://a.test/x');
});

test('a long address costs no time', () => {
  const start = performance.now();
  for (const part of ['a', '@', '%40', '?&', 'a@', '=']) clean(`https://a.test/${part.repeat(50_000)}`, false);
  assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
});

test('a landing knows the campaign, the ids of advertisements and the other site', () => {
  const href = 'https://a.test/?utm_source=news&utm_campaign=spring&utm_content=&gclid=g1&li_fat_id=l1&q=1';
  assert.deepEqual(landing(href, 'https://b.test/x?gclid=theirs&token=s'), {
    campaign: { source: 'news', name: 'spring' },
    clickIds: { gclid: 'g1', li_fat_id: 'l1' },
    referrer: { url: 'https://b.test/x', domain: 'b.test' },
  });
  const none = { campaign: undefined, clickIds: undefined, referrer: undefined };
  assert.deepEqual(landing('https://a.test/', 'https://a.test/before'), none);
});

test('batches are cut by size, and a queue keeps its newest', () => {
  assert.deepEqual(cut(['aaa', 'bbb', 'ccc'], 8), ['aaa', 'bbb']);
  assert.deepEqual(cut(['aaa'], 3), []);
  assert.deepEqual(cut(['aaa'], 4), ['aaa']);
  assert.equal(size(['é']), 3);
  const many = Array.from({ length: 250 }, (_, at) => String(at));
  assert.deepEqual(bound(many), many.slice(50));
  const large = ['1', '2', '3'].map((mark) => mark.repeat(400_000));
  assert.deepEqual(bound(large), large.slice(1));
});

test('waiting doubles up to a minute, and a server that asks for silence gets it, up to an hour', () => {
  assert.deepEqual([1, 2, 3, 20].map((failures) => backoff(failures, 1)), [1000, 2000, 4000, 60_000]);
  assert.equal(backoff(1, 0), 500);
  const now = Date.UTC(2026, 0, 1);
  assert.equal(silence('2', now), 2000);
  assert.equal(silence(new Date(now + 5000).toUTCString(), now), 5000);
  assert.equal(silence('999999', now), 3_600_000);
  for (const nothing of [null, '', 'soon', '-3', new Date(now - 5000).toUTCString()]) assert.equal(silence(nothing, now), 0);
});

test('odd values become something that JSON can say', () => {
  const self = { name: 'a', list: [1n, undefined, NaN], work() {} };
  self.self = self;
  self.twice = [{ in: self }, { ok: true }];
  assert.deepEqual(plain(self), { name: 'a', list: ['1', null, null], twice: [{}, { ok: true }] });
  for (const nothing of [undefined, null, 5, 'text', [1], () => 1, Symbol('s'), 1n]) assert.deepEqual(plain(nothing), {});
  assert.throws(() => plain({ get bad() { throw new Error('no'); } }));
  assert.throws(() => plain({ many: Array(6000).fill(1) }));
});
