'use strict';

const os = require('node:os');

/** Tests run from the sources; `@noble/*` ships ES modules only, which jest cannot require, so they are transformed too. */
const swc = [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
  },
];

module.exports = {
  // Many suites wait for processes they start: a second worker has the core meanwhile.
  maxWorkers: Math.max(2, os.availableParallelism() - 1),
  testEnvironment: 'node',
  roots: [
    'signcryption',
    'protocol',
    'chaincode',
    'network',
    'conformance',
    'gateway-app',
    'bench',
    'pages',
    'test-network-scripts',
    'scripts',
  ].map((name) => `<rootDir>/${name}`),
  testMatch: ['**/*.test.ts', '**/*.test.cjs'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: { '^.+\\.(t|j|mj)s$': swc },
  transformIgnorePatterns: ['/node_modules/(?!.*@noble/)'],
  moduleNameMapper: {
    // A dynamic import names the built file; its source stands at the same path.
    '^(\\.{1,2}/.+)\\.js$': '$1',
    '^@chargecast/([^/]+)$': '<rootDir>/$1/src',
    '^@chargecast/([^/]+)/(.+)$': '<rootDir>/$1/src/$2',
  },
  testTimeout: 60000,
};
