'use strict';

const base = require('./jest.config.cjs');

/** The pages in a real browser, on a deployment that runs as long as the suites do: `npm run test:browser`. */
module.exports = {
  ...base,
  maxWorkers: 1,
  roots: ['<rootDir>/pages/test'],
  testMatch: ['**/*.browser.ts'],
  globalSetup: '<rootDir>/pages/test/start-site.ts',
  globalTeardown: '<rootDir>/pages/test/stop-site.ts',
  testTimeout: 180_000,
};
