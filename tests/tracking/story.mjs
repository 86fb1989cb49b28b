// What every client for servers tells, with values that are not usual, and what must be known of it afterwards.
import assert from 'node:assert/strict';

const HOUR = 3_600_000;
export const TRAITS = {
  firstName: 'Zoë',
  lastName: 'Ó Súilleabháin-山田',
  motto: '👩‍🚀 „ça va“ שלום \\ "quoted" <b>& \u2028 end',
  cut: '👩‍🚀'.slice(0, 1),
  nested: { plan: 'pro', limits: { seats: [1, 2.5, -3], none: null }, 'key with.dots$': true },
  list: ['a', 'ä', ['deep']],
  safe: Number.MAX_SAFE_INTEGER,
  negative: Number.MIN_SAFE_INTEGER,
  huge: 1e21,
  tiny: 5e-324,
  zero: 0,
  no: false,
  gone: null,
  since: new Date('2024-02-29T23:59:59.678Z'),
  birthday: '1815-12-10',
  address: { street: 'Rúa 1', postalCode: '0001', city: 'København', country: 'DK' },
};
const PROPERTIES = {
  revenue: 1234567.89,
  currency: 'EUR',
  coupon: null,
  'naïve key': '…',
  products: [{ product_id: 'p-1', name: 'Чашка', price: 0.1, quantity: 3 }],
};

/**
 * The calls of a client of this name, from an hour and a half ago on. What happened long before the server heard of it
 * happened then.
 */
export function story(name) {
  const userId = `${name}/Zoë 1`;
  const anonymousId = `anon-${name}`;
  const start = Date.now() - 1.5 * HOUR;
  const calls = [
    ['track', { anonymousId, event: 'Product Viewed', properties: { sku: 'ä-1' } }],
    ['identify', { anonymousId, userId, traits: { ...TRAITS, email: `Zoe+${name}@Example.test` } }],
    ['page', { userId, name: 'Prijs', category: 'Docs', properties: { url: 'https://shop.example/?q=%F0%9F%8D%95' } }],
    ['screen', { userId, name: 'Home', properties: {} }],
    ['group', { userId, groupId: `acme-${name}`, traits: { name: 'Acme & Søn', employees: 12 } }],
    ['track', { userId, event: 'Order Completed', properties: PROPERTIES }],
    ['alias', { userId, previousId: `old-${name}` }],
  ];
  return { name, userId, anonymousId, calls: calls.map(([kind, call], n) => [kind, { ...call, at: new Date(start + n * 60_000) }]) };
}

/** Asserts that a profile says what was told. */
export function told(profile, { name, userId, anonymousId, calls }) {
  assert.deepEqual(profile?.events, [
    'Product Viewed', 'Identified', 'Page Viewed', 'Screen Viewed', 'Group Joined', 'Order Completed', 'Aliased',
  ]);
  assert.deepEqual(profile.timeline.map(({ occurredAt }) => Date.parse(occurredAt)), calls.map(([, { at }]) => at.getTime()));
  assert.ok(profile.timeline.every(({ source }) => source.key === 'web'));
  const [viewed, , page, , group, order] = profile.timeline.map(({ properties }) => properties);
  assert.deepEqual(viewed, { sku: 'ä-1' });
  assert.deepEqual(page, { url: 'https://shop.example/?q=%F0%9F%8D%95', name: 'Prijs', category: 'Docs' });
  assert.equal(group.group_id, `acme-${name}`);
  assert.deepEqual(order, PROPERTIES);

  const { 'web.since': since, ...traits } = profile.traits;
  assert.equal(new Date(since).getTime(), TRAITS.since.getTime());
  assert.deepEqual(traits, {
    first_name: 'Zoë',
    last_name: TRAITS.lastName,
    email: `zoe+${name}@example.test`,
    birth_date: '1815-12-10',
    address: { street: 'Rúa 1', postal_code: '0001', city: 'København', country: 'DK' },
    'web.motto': TRAITS.motto,
    'web.cut': '\ufffd',
    'web.nested': TRAITS.nested,
    'web.list': TRAITS.list,
    'web.safe': TRAITS.safe,
    'web.negative': TRAITS.negative,
    'web.huge': TRAITS.huge,
    'web.tiny': TRAITS.tiny,
    'web.zero': 0,
    'web.no': false,
  });
  assert.deepEqual(profile.identifiers, {
    EMAIL: [`zoe+${name}@example.test`],
    USER_ID: [userId, `old-${name}`].sort(),
    ANONYMOUS_ID: [anonymousId, `old-${name}`].sort(),
  });
  assert.deepEqual(profile.companies, [{ name: 'Acme & Søn', externalId: `acme-${name}`, employees: 12 }]);
}
