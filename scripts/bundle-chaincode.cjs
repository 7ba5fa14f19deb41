'use strict';

/** Bundles the chaincode into one self-contained folder that `peer lifecycle chaincode package --lang node` takes as it is. */
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..');
const source = path.join(root, 'chaincode');
const out = path.join(source, 'dist', 'bundle');
const { version, license } = JSON.parse(fs.readFileSync(path.join(source, 'package.json'), 'utf8'));

const { outputFiles } = esbuild.buildSync({
  entryPoints: [path.join(source, 'dist', 'main.js')],
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
  name: 'chargecast-chaincode',
  version,
  license,
  private: true,
  main: 'chaincode.js',
  scripts: { start: 'node chaincode.js' },
  engines: { node: '>=20.19.0' },
};

/** Whole or not at all: a ledger may be starting the chaincode just now. */
function put(name, content) {
  const unfinished = path.join(source, 'dist', `.${name}.${process.pid}`);
  fs.writeFileSync(unfinished, content);
  fs.renameSync(unfinished, path.join(out, name));
}

fs.mkdirSync(out, { recursive: true });
put('chaincode.js', outputFiles[0].contents);
put('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
