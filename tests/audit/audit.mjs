// Audits a running server against the GraphQL-over-HTTP specification, with the audits of the package `graphql-http`.
//
//     npm ci && node audit.mjs http://127.0.0.1:4020/graphql rk_…
//
// The key may also stand in RONDOM_KEY. Ends with status 0 only if every audit passes, and all of them were run.
import { auditServer } from 'graphql-http';

const EXPECTED = 61;
const [url, key = process.env.RONDOM_KEY] = process.argv.slice(2);
if (!url || !key) {
  console.error('usage: node audit.mjs URL KEY');
  process.exit(2);
}

const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${key}`);
  return fetch(input, { ...init, headers });
};

const results = await auditServer({ url, fetchFn });
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of failed) {
  console.error(`${status.toUpperCase()} ${id} ${name}: ${reason}`);
}
console.log(`GraphQL over HTTP: ${results.length - failed.length} of ${results.length} audits pass`);
process.exit(failed.length === 0 && results.length === EXPECTED ? 0 : 1);
