// Bundle the widget into the Python package: one ES module, one style sheet, the licences.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../../workbench/widgets/static/", import.meta.url));

const uplot = await readFile(`${here}node_modules/uplot/LICENSE`, "utf8");
const notice = "/*! Backtest Workbench, BSD-3-Clause. Contains uPlot, (c) Leon Sorokin, MIT: see LICENSES.txt */";

await build({
  absWorkingDir: here,
  entryPoints: { widget: "src/widget.ts" },
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  banner: { js: notice, css: notice },
  logLevel: "warning",
});
await writeFile(`${out}LICENSES.txt`, `widget.js and widget.css contain uPlot 1.6.32:\n\n${uplot}\n`);
