// Builds what the pages send to a browser, into built/: names carry a hash of
// the content so that they may be cached for ever, and every file lies beside
// its compressed forms so that nothing is compressed while a reader waits.
// Needs Node and the packages of package-lock.json, and nothing else.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "built");
const read = (...path) => readFileSync(join(here, ...path), "utf8");

// Our own sheets and scripts are written to be read; comments and indentation
// are all that is taken out. Renaming things would save little after brotli.
function shortenCSS(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("\n").map((line) => line.trim()).filter(Boolean).join("\n")
    .replace(/\s*\{\s*/g, "{").replace(/;\s*\}/g, "}").replace(/\n/g, "")
    .replace(/;\s+/g, ";").replace(/(\w|-): +/g, "$1:");
}

// Only whole-line comments: a smarter rule would have to know what a string is.
function shortenJS(text) {
  return text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("//")).join("\n") + "\n";
}

// echarts asks for a CDN nowhere, but a later version might: the pages' policy
// would block it, and better that the build says so than a reader's console.
function refuseOutside(name, text) {
  const address = text.match(/(?:src|href|url)\s*[=(]\s*["']?https?:\/\/[^"')\s]+/);
  if (address) throw new Error(`${name} asks for ${address[0]}: nothing may be fetched from outside`);
}

const packages = ["echarts", "zrender", "tslib"];

function notice(name) {
  const dir = join(here, "node_modules", name);
  const meta = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
  // ECharts keeps the licences of what it contains in a folder of their own.
  const texts = readdirSync(dir, { withFileTypes: true })
    .filter((f) => /^(licen[cs]e|notice|copying)/i.test(f.name))
    .flatMap((f) => (f.isDirectory() ? readdirSync(join(dir, f.name)).map((inner) => join(f.name, inner)) : [f.name]))
    .sort();
  if (texts.length === 0) throw new Error(`${name} has no licence text in its package`);
  const parts = [`${meta.name} ${meta.version} (${meta.license})`];
  for (const f of texts) parts.push(readFileSync(join(dir, f), "utf8").trim());
  return parts.join("\n\n");
}

const files = {
  "site.css": shortenCSS(read("src", "site.css") + read("..", "plot", "chart.css")),
  "chart.js": shortenJS(read("src", "chart.js")),
  "policy.js": shortenJS(read("src", "policy.js")),
  "passkey.js": shortenJS(read("src", "passkey.js")),
  "echarts.js": read("node_modules", "echarts", "dist", "echarts.common.min.js"),
  "icon.svg": read("src", "icon.svg").replace(/>\s+</g, "><").trim(),
  "licences.txt": packages.map(notice).join("\n\n" + "=".repeat(72) + "\n\n") + "\n",
};

mkdirSync(built, { recursive: true });
for (const name of readdirSync(built)) {
  if (name !== ".gitkeep") rmSync(join(built, name));
}

const manifest = {};
for (const [name, text] of Object.entries(files)) {
  if (name !== "licences.txt") refuseOutside(name, text);
  const bytes = Buffer.from(text);
  const hash = createHash("sha256").update(bytes).digest("hex");
  const dot = name.lastIndexOf(".");
  const file = `${name.slice(0, dot)}.${hash.slice(0, 12)}${name.slice(dot)}`;
  const gz = gzipSync(bytes, { level: 9 });
  const br = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  writeFileSync(join(built, file), bytes);
  writeFileSync(join(built, file + ".gz"), gz);
  writeFileSync(join(built, file + ".br"), br);
  manifest[name] = { file, sha256: hash };
  console.log(`${name.padEnd(14)} ${String(bytes.length).padStart(8)}  gz ${String(gz.length).padStart(7)}  br ${String(br.length).padStart(7)}`);
}
// Last, because make takes it as the sign that the build is whole.
writeFileSync(join(built, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
