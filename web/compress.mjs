// Writes a brotli and a gzip copy beside every file of the folder named on the command line, and prints what a first
// visit downloads: the sum of the brotli copies. Node's zlib keeps a compressor out of xtask's own compile time.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const folder = process.argv[2];
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

const sizes = await Promise.all(files.map(compress));
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
const kB = (size) => (size / 1000).toFixed(1);
const parts = sizes
  .filter(([, size]) => size >= 1000)
  .sort((a, b) => b[1] - a[1])
  .map(([name, size]) => `${name} ${kB(size)}`);
console.log(`First load: ${kB(total)} kB compressed (${parts.join(", ")})`);
