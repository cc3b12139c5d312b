// Writes a brotli and a gzip copy beside every file of the folder named first on the command line, and prints what a
// first visit downloads: the sum of the brotli copies. The further arguments name the files in it that come later.
// Node's zlib keeps a compressor out of xtask's own compile time.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const [folder, ...later] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

async function compress(file) {
  const bytes = readFileSync(file);
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: 22,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gz);
  return [file.slice(folder.length + 1), br.length];
}

const kB = (size) => (size / 1000).toFixed(1);

function sum(what, sizes) {
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  const parts = sizes
    .filter(([, size]) => size >= 1000)
    .sort((a, b) => b[1] - a[1])
    .map(([name, size]) => `${name} ${kB(size)}`);
  console.log(`${what}: ${kB(total)} kB compressed (${parts.join(", ")})`);
}

const sizes = await Promise.all(files.map(compress));
const absent = later.filter((name) => !sizes.some(([other]) => other === name));
if (absent.length > 0) throw new Error(`not in ${folder}: ${absent.join(", ")}`);
sum(
  "First load",
  sizes.filter(([name]) => !later.includes(name)),
);
if (later.length > 0) {
  sum(
    "Later, when wanted",
    sizes.filter(([name]) => later.includes(name)),
  );
}
