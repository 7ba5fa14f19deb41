#!/usr/bin/env node
'use strict';

/** `npm test`: installs and builds what is missing, runs every suite, closes with the counts of what really ran. */
const { findChromium } = require('./chromium.cjs');
const { prepare } = require('./prepare.cjs');
const { orSayWhyNot, runSuites } = require('./suites.cjs');

const FABRIC = '[fabric]';

/** One line for the real network's tests, one for each other skipped test: nothing is skipped unseen. */
function skippedLines(results) {
  const skipped = results.tests
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName);
  const fabric = skipped.filter((name) => name.includes(FABRIC)).length;
  const lines = skipped.filter((name) => !name.includes(FABRIC)).map((name) => `skipped: ${name}`);
  if (fabric > 0) {
    lines.push(
      `skipped: ${fabric} tests of the real Fabric network, its programs are neither in FABRIC_BIN nor on PATH`,
    );
  }
  return lines;
}

orSayWhyNot(() => {
  prepare();
  runSuites(process.argv.slice(2), (results) => [
    ...skippedLines(results),
    `not part of this run: the pages in a browser, npm run test:browser${findChromium() ? '' : ' (needs Chromium)'}`,
  ]);
});
