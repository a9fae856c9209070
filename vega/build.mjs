// Makes the small Vega of pages: `make vega`. What it knows is what figures of ours ask for; who asks for more gets the
// whole one (r57lib/page/assets.py). The same lock gives the same bytes.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const HERE = import.meta.dirname;
const TARGET = join(HERE, "..", "r57lib", "page", "static", "vega");
// Its place in the one file of its package, for what vega-transforms holds is not left out by itself.
const TRANSFORMS = {
  "vega-transforms": [
    ...["Aggregate", "Collect", "Extent", "Facet", "Filter", "Formula", "MultiExtent", "MultiValues", "PreFacet"],
    ...["Proxy", "Relay", "Sieve", "TupleIndex", "Values"],
  ],
  "vega-view-transforms": ["bound", "mark", "overlap", "render", "viewlayout"],
  "vega-encode": ["axisticks", "datajoin", "encode", "legendentries", "scale", "sortitems", "stack"],
};
// Maps, and tables in other forms than JSON: what asks for them gets the whole one.
const LEFT_OUT = /^(topojson-client|d3-dsv|d3-geo|d3-geo-projection|vega-projection)$/;

const entry = Object.entries(TRANSFORMS).flatMap(([from, names]) =>
  names.map((name) => {
    const file = `${from}/src/${name}.js`;
    const what =
      from === "vega-transforms" ? `{ default as ${name.toLowerCase()} } from "${file}"` : `{ ${name} } from "${from}"`;
    return `export ${what};`;
  }),
);

const plugin = {
  name: "r57",
  setup(made) {
    made.onResolve({ filter: /^transforms$/ }, () => ({ path: "transforms", namespace: "r57" }));
    made.onLoad({ filter: /^transforms$/, namespace: "r57" }, () => ({ contents: entry.join("\n"), resolveDir: HERE }));
    made.onResolve({ filter: /^vega-transforms\/src\// }, ({ path }) => ({ path: join(HERE, "node_modules", path) }));
    // Of its colours the lists alone: what lies between two is made by calls that no bundler leaves out.
    made.onLoad({ filter: /d3-scale-chromatic\.mjs$/ }, ({ path }) => {
      const [lists] = readFileSync(path, "utf8").split(/var \S+ = new Array/);
      const names = [...lists.matchAll(/var (\w)(\w+) = colors\(/g)];
      const exported = names.map(([, first, rest]) => `${first}${rest} as scheme${first.toUpperCase()}${rest}`);
      return { contents: `${lists}\nexport { ${exported} };` };
    });
    made.onResolve({ filter: LEFT_OUT }, ({ path }) => ({ path, namespace: "empty" }));
    made.onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: "module.exports = {};" }));
  },
};

const LICENCES =
  "Vega: BSD-3-Clause, University of Washington Interactive Data Lab. d3: ISC, Mike Bostock. fflate: MIT, Arjun Barrett.";

/** @param {string} file @param {object} more */
async function bundled(file, more) {
  const banner = { js: `/* ${LICENCES} */` };
  const common = {
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2020",
    charset: "ascii",
    write: false,
    metafile: true,
  };
  const { metafile, outputFiles } = await build({
    absWorkingDir: HERE,
    entryPoints: [file],
    banner,
    legalComments: "none",
    ...common,
    ...more,
  });
  const text = outputFiles[0].text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  return { text, from: Object.keys(metafile.inputs) };
}

const small = await bundled("embed.js", { plugins: [plugin] });
const packed = gzipSync(small.text, { level: 9 });
packed[9] = 255; // the system on which it was packed: none
const { packages } = JSON.parse(readFileSync(join(HERE, "package-lock.json"), "utf8"));
const held = [...new Set(small.from.flatMap((path) => path.match(/^node_modules\/([^/]+)/)?.[1] ?? []))].sort();
const told = {
  sha256: createHash("sha256").update(packed).digest("hex"),
  transforms: Object.values(TRANSFORMS)
    .flat()
    .map((name) => name.toLowerCase())
    .sort(),
  versions: Object.fromEntries(held.map((name) => [name, packages[`node_modules/${name}`].version])),
};
writeFileSync(join(TARGET, "small.js.gz"), packed);
writeFileSync(join(TARGET, "small.json"), `${JSON.stringify(told, null, 2)}\n`);
writeFileSync(join(TARGET, "inflate.js"), (await bundled("inflate.js", {})).text);
