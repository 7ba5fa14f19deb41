#!/usr/bin/env node
'use strict';

/**
 * `npm run test:browser`: the pages in Chromium, on a deployment started for them; closes with its counts.
 * `npm run test:browser -- --screenshots` also writes what docs/pages.md shows; other arguments go to jest.
 */
const path = require('node:path');
const { findChromium } = require('./chromium.cjs');
const { prepare, PrepareError, root } = require('./prepare.cjs');
const { orSayWhyNot, runSuites } = require('./suites.cjs');

const SCREENSHOTS = '--screenshots';

orSayWhyNot(() => {
  const chromium = findChromium();
  if (!chromium) {
    throw new PrepareError(
      'no Chromium was found: install one (Debian, Ubuntu: apt install chromium) or name its program in CHROMIUM',
    );
  }
  prepare();
  process.env.CHROMIUM = chromium;
  const args = process.argv.slice(2);
  if (args.includes(SCREENSHOTS)) process.env.CHARGECAST_SCREENSHOTS = path.join(root, 'docs', 'images');
  runSuites(['--config', 'jest.browser.config.cjs', ...args.filter((arg) => arg !== SCREENSHOTS)]);
});
