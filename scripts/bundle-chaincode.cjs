'use strict';

/**
 * Bundles the chaincode into one self-contained folder that `peer lifecycle chaincode package --lang node` takes as it
 * is, and the benchmarks' chaincode into another.
 */
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..');
const source = path.join(root, 'chaincode');
const { version, license } = JSON.parse(fs.readFileSync(path.join(source, 'package.json'), 'utf8'));

/** @param {string} entry @param {string} folder both below chaincode/dist */
function bundle(entry, folder, name) {
  const out = path.join(source, 'dist', folder);
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [path.join(source, 'dist', entry)],
    // Package ids are digests of the bundle: the same sources give the same bytes wherever the build is started.
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // A third of the bytes; names stay, so that a stack can be read.
    minifyWhitespace: true,
    // The contract runtime and its metadata know contracts by their class names.
    keepNames: true,
    outfile: path.join(out, 'chaincode.js'),
    logLevel: 'warning',
    write: false,
  });
  const manifest = {
    name,
    version,
    license,
    private: true,
    main: 'chaincode.js',
    scripts: { start: 'node chaincode.js' },
    engines: { node: '>=20.19.0' },
  };
  fs.mkdirSync(out, { recursive: true });
  put(out, 'chaincode.js', outputFiles[0].contents);
  put(out, 'package.json', `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Whole or not at all: a ledger may be starting the chaincode just now. */
function put(folder, name, content) {
  const unfinished = path.join(source, 'dist', `.${name}.${process.pid}`);
  fs.writeFileSync(unfinished, content);
  fs.renameSync(unfinished, path.join(folder, name));
}

bundle('main.js', 'bundle', 'chargecast-chaincode');
bundle(path.join('bench', 'main.js'), 'bench-bundle', 'chargecast-bench-chaincode');
