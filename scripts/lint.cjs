#!/usr/bin/env node
'use strict';

/** `npm run lint`: types of sources and tests, rules, format. */
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { prepare, PrepareError, root } = require('./prepare.cjs');

const steps = [
  ['types', 'typescript/bin/tsc', ['-p', 'tsconfig.tests.json']],
  ['types of the pages', 'typescript/bin/tsc', ['-p', 'pages/tsconfig.tests.json']],
  ['rules', 'eslint/bin/eslint.js', ['--max-warnings', '0', '.']],
  ['format', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']],
];

try {
  prepare();
  for (const [label, program, args] of steps) {
    const { status } = spawnSync(process.execPath, [path.join(root, 'node_modules', program), ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    process.stdout.write(`${label}: ${status === 0 ? 'clean' : 'see above'}\n`);
    if (status !== 0) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
