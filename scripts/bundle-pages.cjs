'use strict';

/**
 * Bundles the pages into pages/dist: `<page>/index.html`, everything else under `assets` by a name that holds its digest,
 * so that a browser may keep it for good. No page needs anything from elsewhere, nor an inline script or style. Made beside
 * and moved in file by file, what pages name before the pages: a service that runs meanwhile serves the old or the new ones.
 */
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..');
const source = path.join(root, 'pages', 'src');
const out = path.join(root, 'pages', 'dist');
const ASSETS = 'assets';
/** As deep as `out`: source maps name their sources relatively. */
const unfinished = path.join(root, 'pages', `.dist.${process.pid}`);

/** Folder below pages/src, with `main.tsx` → title. */
const PAGES = {
  operator: 'Operator',
  auditor: 'Auditor',
  owner: 'Owner',
  government: 'Government',
  'car-maker': 'Car maker',
};

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  // The sources a stack trace names stand in the bundle's own map, which only a developer's tools ask for.
  sourcemap: 'linked',
  target: ['es2022'],
  outdir: unfinished,
  entryNames: `${ASSETS}/[name]-[hash]`,
  chunkNames: `${ASSETS}/[name]-[hash]`,
  assetNames: `${ASSETS}/[name]-[hash]`,
  metafile: true,
  logLevel: 'warning',
  legalComments: 'external',
};

/** The file a build made of an entry point. */
function outputOf({ outputs }, entry) {
  const wanted = path.relative(root, entry).split(path.sep).join('/');
  const [file, made] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === wanted);
  return { name: path.basename(file), style: made.cssBundle && path.basename(made.cssBundle) };
}

function bundlePages() {
  const worker = path.join(source, 'verification', 'worker.ts');
  const work = esbuild.buildSync({ ...common, entryPoints: { verifier: worker }, format: 'iife' });
  const entries = Object.fromEntries(Object.keys(PAGES).map((page) => [page, path.join(source, page, 'main.tsx')]));
  const icon = path.join(source, 'icon.svg');
  const { metafile } = esbuild.buildSync({
    ...common,
    entryPoints: { ...entries, icon },
    loader: { '.svg': 'copy' },
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { VERIFIER: JSON.stringify(`../${ASSETS}/${outputOf(work.metafile, worker).name}`) },
  });
  const iconName = outputOf(metafile, icon).name;
  const template = fs.readFileSync(path.join(source, 'page.html'), 'utf8');
  for (const [page, title] of Object.entries(PAGES)) {
    const { name, style } = outputOf(metafile, entries[page]);
    const values = { TITLE: title, ASSETS: `../${ASSETS}`, ICON: iconName, STYLE: style, SCRIPT: name };
    fs.mkdirSync(path.join(unfinished, page), { recursive: true });
    fs.writeFileSync(
      path.join(unfinished, page, 'index.html'),
      template.replace(/%([A-Z]+)%/g, (_, value) => values[value]),
    );
  }
}

/** Puts what was made in the place of what stood there, and takes away the rest. */
function moveIn() {
  const made = new Set();
  for (const folder of [ASSETS, ...Object.keys(PAGES)]) {
    fs.mkdirSync(path.join(out, folder), { recursive: true });
    for (const name of fs.readdirSync(path.join(unfinished, folder))) {
      fs.renameSync(path.join(unfinished, folder, name), path.join(out, folder, name));
      made.add(path.join(folder, name));
    }
  }
  for (const folder of fs.readdirSync(out)) {
    for (const name of fs.readdirSync(path.join(out, folder))) {
      if (!made.has(path.join(folder, name))) fs.rmSync(path.join(out, folder, name));
    }
    if (fs.readdirSync(path.join(out, folder)).length === 0) fs.rmdirSync(path.join(out, folder));
  }
}

try {
  bundlePages();
  moveIn();
} finally {
  fs.rmSync(unfinished, { recursive: true, force: true });
}
