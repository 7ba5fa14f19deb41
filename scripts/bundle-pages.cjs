'use strict';

/**
 * Bundles the pages into pages/dist: `<page>/index.html`, everything else under `assets` by a name that holds its digest,
 * so that a browser may keep it for good. No page needs anything from elsewhere, nor an inline script or style.
 */
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..');
const source = path.join(root, 'pages', 'src');
const out = path.join(root, 'pages', 'dist');

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
  outdir: out,
  entryNames: 'assets/[name]-[hash]',
  chunkNames: 'assets/[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
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
  fs.rmSync(out, { recursive: true, force: true });
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
    define: { VERIFIER: JSON.stringify(`../assets/${outputOf(work.metafile, worker).name}`) },
  });
  const iconName = outputOf(metafile, icon).name;
  const template = fs.readFileSync(path.join(source, 'page.html'), 'utf8');
  for (const [page, title] of Object.entries(PAGES)) {
    const { name, style } = outputOf(metafile, entries[page]);
    const values = { TITLE: title, ASSETS: '../assets', ICON: iconName, STYLE: style, SCRIPT: name };
    fs.mkdirSync(path.join(out, page), { recursive: true });
    fs.writeFileSync(
      path.join(out, page, 'index.html'),
      template.replace(/%([A-Z]+)%/g, (_, value) => values[value]),
    );
  }
}

bundlePages();
