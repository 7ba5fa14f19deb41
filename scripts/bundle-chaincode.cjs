'use strict';

/** Bundles the chaincode into one self-contained folder that `peer lifecycle chaincode package --lang node` takes as it is. */
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..');
const entry = path.join(root, 'chaincode', 'dist', 'main.js');
if (fs.existsSync(entry)) {
  const out = path.join(root, 'chaincode', 'dist', 'bundle');
  esbuild.buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile: path.join(out, 'chaincode.js'),
    logLevel: 'warning',
  });
}
