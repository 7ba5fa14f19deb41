'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PrepareError, root } = require('./prepare.cjs');

/**
 * Runs jest, closes with the counts of what really ran and sets the exit code.
 * @param {readonly string[]} args for jest
 * @param {(results: object) => readonly string[]} notes lines to print before the counts
 */
function runSuites(args, notes = () => []) {
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'chargecast-test-')), 'report.json');
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const run = spawnSync(process.execPath, [jest, '--json', `--outputFile=${report}`, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: process.env,
  });
  if (!fs.existsSync(report)) {
    throw new PrepareError(`jest ended without a report (${run.error?.message ?? `exit ${run.status ?? run.signal}`})`);
  }
  const results = JSON.parse(fs.readFileSync(report, 'utf8'));
  fs.rmSync(path.dirname(report), { recursive: true });
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  for (const line of notes(results)) process.stdout.write(`${line}\n`);
  if (results.numPassedTests === 0 || failed > 0 || run.status !== 0) process.exitCode = 1;
  process.stdout.write(
    `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
  );
}

/** What a test command does when it cannot begin: it says why, and that nothing passed. */
function orSayWhyNot(main) {
  try {
    main();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.stdout.write('0 passed, 1 failed\n');
    process.exitCode = 1;
  }
}

module.exports = { runSuites, orSayWhyNot };
