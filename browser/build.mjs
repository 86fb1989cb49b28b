// Makes api/assets/rondom.js. With --check it writes nothing and fails when the committed file is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT = 8192;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const target = here('../api/assets/rondom.js');
const { version } = JSON.parse(await readFile(here('package.json'), 'utf8'));

const { outputFiles } = await build({
  entryPoints: [here('src/rondom.ts')],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  define: { VERSION: JSON.stringify(version) },
  write: false,
});
const made = Buffer.from(outputFiles[0].contents);
const size = gzipSync(made, { level: 9 }).length;

if (process.argv.includes('--check')) {
  const committed = await readFile(target).catch(() => Buffer.alloc(0));
  if (!made.equals(committed)) fail('api/assets/rondom.js is stale: run `npm run build` in browser/ and commit it.');
} else {
  await writeFile(target, made);
}
if (size > LIMIT) fail(`rondom.js is too large: ${size} bytes gzipped, at most ${LIMIT}.`);
console.log(`rondom.js: ${made.length} bytes, ${size} gzipped (at most ${LIMIT})`);

function fail(why) {
  console.error(why);
  process.exit(1);
}
