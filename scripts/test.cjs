#!/usr/bin/env node
'use strict';

/** `npm test`: installs and builds what is missing, runs every suite, closes with the counts of what really ran. */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { prepare, PrepareError, root } = require('./prepare.cjs');

const FABRIC = '[fabric]';

/** One line for the real network's tests, one for each other skipped test: nothing is skipped unseen. */
function skippedLines(results) {
  const skipped = results.testResults
    .flatMap((suite) => suite.assertionResults)
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

function main() {
  prepare();
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'chargecast-test-')), 'report.json');
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const run = spawnSync(process.execPath, [jest, '--json', `--outputFile=${report}`, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: process.env,
  });
  if (!fs.existsSync(report)) {
    throw new PrepareError(`jest ended without a report (${run.error?.message ?? `exit ${run.status ?? run.signal}`})`);
  }
  const results = JSON.parse(fs.readFileSync(report, 'utf8'));
  fs.rmSync(path.dirname(report), { recursive: true });
  const suitesThatDidNotRun = results.numRuntimeErrorTestSuites;
  const failed = results.numFailedTests + suitesThatDidNotRun;
  const skipped = results.numPendingTests + results.numTodoTests;
  for (const line of skippedLines(results)) process.stdout.write(`${line}\n`);
  if (results.numPassedTests === 0) process.exitCode = 1;
  if (failed > 0 || run.status !== 0) process.exitCode = 1;
  process.stdout.write(
    `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
  );
}

try {
  main();
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
