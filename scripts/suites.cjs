'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PrepareError, root } = require('./prepare.cjs');

/**
 * Runs jest, closes with the counts of what really ran and sets the exit code.
 * @param {readonly string[]} args for jest
 * @param {(results: object) => readonly string[]} notes lines to print before the counts; takes what jest-results.cjs wrote
 */
function runSuites(args, notes = () => []) {
  const { status, results } = runJest(args);
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  for (const line of notes(results)) process.stdout.write(`${line}\n`);
  if (results.numPassedTests === 0 || failed > 0 || status !== 0) process.exitCode = 1;
  process.stdout.write(
    `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
  );
}

function runJest(args) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chargecast-test-'));
  const file = path.join(folder, 'results.json');
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  // Behind the arguments: a list of reporters takes in every word that follows it.
  const reporters = ['--reporters=default', `--reporters=${path.join(__dirname, 'jest-results.cjs')}`];
  try {
    const run = spawnSync(process.execPath, [jest, ...args, ...reporters], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, CHARGECAST_TEST_RESULTS: file },
    });
    if (!fs.existsSync(file)) {
      throw new PrepareError(
        `jest ended without results (${run.error?.message ?? `exit ${run.status ?? run.signal}`})`,
      );
    }
    return { status: run.status, results: JSON.parse(fs.readFileSync(file, 'utf8')) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
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
