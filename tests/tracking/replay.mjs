// Posts recorded requests to a server, with its write key in the place of theirs:
//
//     node replay.mjs FOLDER --url http://127.0.0.1:4020 --write-key wk_…
//
// A recording is a JSON file with method, path, headers ([name, value] pairs) and raw_body_b64. Fails unless everything is
// answered with 200. What browsers ask any server for beside, such as /favicon.ico, is left out.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';

const options = { url: { type: 'string' }, 'write-key': { type: 'string' } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const { url, 'write-key': key } = values;
const [folder] = positionals;
if (!folder || !url || !key) {
  console.error('usage: node replay.mjs FOLDER --url URL --write-key KEY');
  process.exit(2);
}

/** Headers that belong to the connection, which is another one here. */
const CONNECTION = /^(host|connection|content-length|accept-encoding|expect|transfer-encoding)$/i;

function keyOf({ path, headers, plain }) {
  const basic = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  const user = basic && Buffer.from(basic.replace(/^Basic /i, ''), 'base64').toString().split(':')[0];
  return user || /\/projects\/([^/]+)\//.exec(path)?.[1] || /"writeKey"\s*:\s*"([^"]+)"/.exec(plain)?.[1];
}

async function replay(file) {
  const { method, path, headers, raw_body_b64: body } = JSON.parse(await readFile(file, 'utf8'));
  if (!path.startsWith('/v1/')) return undefined;
  const raw = Buffer.from(body ?? '', 'base64');
  const packed = raw[0] === 0x1f && raw[1] === 0x8b;
  const plain = (packed ? gunzipSync(raw) : raw).toString();
  const theirs = keyOf({ path, headers, plain });
  const put = (text) => (theirs ? text.replaceAll(theirs, key) : text);
  const sent = headers
    .filter(([name]) => !CONNECTION.test(name))
    .map(([name, value]) => [name, /^authorization$/i.test(name) ? `Basic ${btoa(`${key}:`)}` : value]);
  const answer = await fetch(url + put(path), {
    method,
    headers: sent,
    body: method === 'GET' ? undefined : packed ? gzipSync(put(plain)) : put(plain),
  });
  return { status: answer.status, text: await answer.text() };
}

let others = 0;
let files = 0;
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const paths = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.json')).map((entry) => join(entry.parentPath, entry.name));
for (const file of paths.sort()) {
  const answer = await replay(file).catch((error) => ({ status: 'no answer', text: error.message }));
  const name = relative(folder, file);
  if (!answer) {
    console.log(`left out  ${name}`);
    continue;
  }
  files += 1;
  // What was taken, and yet rejected, is told as well.
  const isFine = answer.status === 200 && !answer.text.includes('"rejected"');
  if (answer.status !== 200) others += 1;
  console.log(`${answer.status}  ${name}${isFine ? '' : `  ${answer.text}`}`);
}
console.log(`${files - others} of ${files} requests were answered with 200`);
process.exit(files > 0 && others === 0 ? 0 : 1);
