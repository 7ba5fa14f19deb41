'use strict';

/** Bundles the chaincode into one self-contained folder that `peer lifecycle chaincode package --lang node` takes as it is. */
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..');
const source = path.join(root, 'chaincode');
const out = path.join(source, 'dist', 'bundle');
const { version, license } = JSON.parse(fs.readFileSync(path.join(source, 'package.json'), 'utf8'));

fs.rmSync(out, { recursive: true, force: true });
esbuild.buildSync({
  entryPoints: [path.join(source, 'dist', 'main.js')],
  bundle: true,
  platform: 'node',
  target: 'node20',
  // The contract runtime and metadata know contracts by their class names.
  keepNames: true,
  outfile: path.join(out, 'chaincode.js'),
  logLevel: 'warning',
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
fs.writeFileSync(path.join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
