// Bundles the sources of this folder into the static files of pinback.web. Run by `make setup` through `npm run build`.

import { readFileSync, rmSync, writeFileSync } from "node:fs";

import { build } from "esbuild";

import { ICONS } from "./icons.js";

const OUT = "src/pinback/web/static/web/dist";
const SET = "node_modules/@tabler/icons/icons";

rmSync(OUT, { recursive: true, force: true });
await build({
  entryPoints: ["style.css", "store.css", "page.js", "card.js", "wechat.js", "report.js"].map((name) => `frontend/${name}`),
  outdir: OUT,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox121", "safari17.5"],
  legalComments: "linked",
  logLevel: "warning",
});

// One file with all icons, each a <symbol>: a page shows one by <use href="icons.svg#name">.
const symbols = ICONS.map((name) => {
  const source = readFileSync(`${SET}/outline/${name}.svg`, "utf8");
  const inside = source.slice(source.indexOf(">", source.indexOf("<svg")) + 1, source.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/\s+/g, " ").trim()}</symbol>`;
});
writeFileSync(`${OUT}/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
