// Bundles the sources of this folder into the static files of pinback.web. Run by `make setup` through `npm run build`.

import { rmSync } from "node:fs";

import { build } from "esbuild";

const OUT = "src/pinback/web/static/web/dist";

rmSync(OUT, { recursive: true, force: true });
await build({
  entryPoints: ["frontend/style.css", "frontend/page.js", "frontend/report.js"],
  outdir: OUT,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox121", "safari17.5"],
  legalComments: "linked",
  logLevel: "warning",
});
