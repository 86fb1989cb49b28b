// The server that is tested, as `run` started it, and what it knows of somebody.
import assert from 'node:assert/strict';

const { SERVER, WRITE_KEY, ADMIN_KEY } = process.env;
assert.ok(SERVER && WRITE_KEY && ADMIN_KEY, 'start ./run: it starts the server, too');
export const url = SERVER;
export const writeKey = WRITE_KEY;
/** Machines that test are busy. */
export const PATIENCE = 20_000;

export async function ask(query, variables) {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.deepEqual(errors ?? [], []);
  return data;
}

const PROFILE = `query ($by: ProfileRef!) {
  profile(by: $by) {
    id
    traits { key value }
    identifiers { kind value }
    companies { name externalId employees }
    timeline(first: 50) { nodes { name occurredAt properties source { key } } }
  }
}`;

/** Somebody as the server knows them, with the timeline from the oldest to the newest; `undefined` if nobody is known. */
export async function profile(by) {
  const { profile } = await ask(PROFILE, { by });
  if (!profile) return undefined;
  const timeline = profile.timeline.nodes.reverse();
  const identifiers = {};
  for (const { kind, value } of profile.identifiers) (identifiers[kind] ??= []).push(value);
  return {
    ...profile,
    timeline,
    events: timeline.map(({ name }) => name),
    traits: Object.fromEntries(profile.traits.map(({ key, value }) => [key, value])),
    identifiers,
  };
}

/** What `check` gives as soon as it holds: profiles follow what is sent, within moments. */
export async function eventually(check) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
