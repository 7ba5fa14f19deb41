#!/usr/bin/env node
'use strict';

/**
 * Installs and builds what is missing, and nothing else: a run on a ready checkout costs a few milliseconds of
 * file stats. All output goes to stderr, so that `--json` commands keep stdout to themselves.
 */
const { createHash } = require('node:crypto');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const OLDEST_NODE = [20, 19, 0];

class PrepareError extends Error {}

function checkNode() {
  const found = process.versions.node.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    if (found[i] > OLDEST_NODE[i]) return;
    if (found[i] < OLDEST_NODE[i]) {
      throw new PrepareError(
        `Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.versions.node}: https://nodejs.org/en/download`,
      );
    }
  }
}

function run(label, command, args) {
  process.stderr.write(`${label} …\n`);
  const started = Date.now();
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: { ...process.env, npm_config_loglevel: 'error' },
  });
  if (result.status !== 0) {
    throw new PrepareError(
      `${label} failed (${result.error?.message ?? `exit ${result.status}`}); its output stands above`,
    );
  }
  process.stderr.write(`${label}: done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function readStamp(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

function workspaces() {
  return JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).workspaces;
}

function sourceFiles(directory, found = []) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) sourceFiles(file, found);
    else found.push(file);
  }
  return found;
}

/** A digest over path, size and time of every source: no file is read on a checkout that has not changed. */
function sourceDigest() {
  const hash = createHash('sha256').update(process.version);
  const files = workspaces().flatMap((name) => [
    ...sourceFiles(path.join(root, name, 'src')),
    path.join(root, name, 'package.json'),
    path.join(root, name, 'tsconfig.json'),
  ]);
  const bundlers = ['bundle-chaincode.cjs', 'bundle-pages.cjs'].map((name) => path.join(root, 'scripts', name));
  files.push(path.join(root, 'tsconfig.base.json'), ...bundlers);
  for (const file of files.sort()) {
    const { size, mtimeMs } = fs.statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function installDigest() {
  return createHash('sha256')
    .update(`${process.versions.modules} ${process.platform} ${process.arch}\n`)
    .update(fs.readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
}

function ownerLives(lock) {
  const pid = Number(readStamp(path.join(lock, 'pid')));
  if (!pid) return Date.now() - fs.statSync(lock).mtimeMs < 5000;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Several commands may start at once on a fresh clone; one of them installs, the others wait for it. */
function withLock(work) {
  const lock = path.join(root, '.prepare.lock');
  const deadline = Date.now() + 15 * 60 * 1000;
  for (;;) {
    try {
      fs.mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      try {
        if (!ownerLives(lock)) {
          fs.rmSync(lock, { recursive: true, force: true });
          continue;
        }
      } catch (race) {
        if (race.code !== 'ENOENT') throw race;
        continue;
      }
      if (Date.now() > deadline) throw new PrepareError(`another install or build still holds ${lock}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    fs.writeFileSync(path.join(lock, 'pid'), String(process.pid));
    work();
  } finally {
    fs.rmSync(lock, { recursive: true, force: true });
  }
}

const installStamp = path.join(root, 'node_modules', '.chargecast-install');
const buildStamp = path.join(root, 'node_modules', '.chargecast-build');

function installIfNeeded() {
  if (readStamp(installStamp) === installDigest()) return;
  run('Installing the packages of package-lock.json', 'npm', ['ci', '--no-audit', '--no-fund']);
  fs.writeFileSync(installStamp, installDigest());
}

function buildIfNeeded() {
  const digest = sourceDigest();
  if (readStamp(buildStamp) === digest) return;
  run('Building', process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--build', root]);
  run('Bundling the chaincode', process.execPath, [path.join(root, 'scripts', 'bundle-chaincode.cjs')]);
  run('Bundling the pages', process.execPath, [path.join(root, 'scripts', 'bundle-pages.cjs')]);
  fs.writeFileSync(buildStamp, digest);
}

/** What stands, changing nothing; `present` where packages and commands are there at all, however old. */
function checkoutState() {
  return {
    present: [installStamp, path.join(root, 'gateway-app', 'dist', 'cli', 'doctor.js')].every(fs.existsSync),
    installed: readStamp(installStamp) === installDigest(),
    built: readStamp(buildStamp) === sourceDigest(),
  };
}

function prepare() {
  checkNode();
  const { installed, built } = checkoutState();
  if (installed && built) return;
  withLock(() => {
    installIfNeeded();
    buildIfNeeded();
  });
}

module.exports = { prepare, PrepareError, checkoutState, root };

if (require.main === module) {
  try {
    prepare();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
