'use strict';

/** Who may import whom: the layering of the packages, held by reading every import of every source file. */
const fs = require('node:fs');
const { isBuiltin } = require('node:module');
const path = require('node:path');
const { describe, expect, test } = require('@jest/globals');
const ts = require('typescript');

const root = path.resolve(__dirname, '..');
const workspaces = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).workspaces;

function sources(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sources(file);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [file] : [];
  });
}

const isTypeOnly = ({ importClause, exportClause, isTypeOnly: whole }) => {
  if (whole || importClause?.isTypeOnly) return true;
  const named = importClause?.namedBindings?.elements ?? exportClause?.elements;
  return Boolean(named?.length && !importClause?.name && named.every((element) => element.isTypeOnly));
};

/** Every module a file names: imports, re-exports, require and dynamic import. */
function importsOf(file) {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found = [];
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      found.push({ from: file, module: node.moduleSpecifier.text, typeOnly: isTypeOnly(node) });
    } else if (
      ts.isCallExpression(node) &&
      (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText(source) === 'require') &&
      node.arguments.length === 1 &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      found.push({ from: file, module: node.arguments[0].text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isTest = (file) => /\.test\.ts$|[\\/]testing[\\/]|[\\/]e2e[\\/]/.test(file);
const place = ({ from, module }) => `${path.relative(root, from)} imports ${module}`;

const all = new Map(workspaces.map((name) => [name, sources(path.join(root, name, 'src')).flatMap(importsOf)]));
const productive = (name) => all.get(name).filter(({ from }) => !isTest(from));
const packageOf = (module) =>
  module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
const within = (file, folder) => `${file}${path.sep}`.startsWith(path.join(root, folder) + path.sep);

/** The project's own file an import names; undefined for a package or a builtin. */
function target({ from, module }) {
  const own = /^@chargecast\/([^/]+)(?:\/(.+))?$/.exec(module);
  const base = own
    ? path.join(root, own[1], 'src', own[2] ?? 'index')
    : module.startsWith('.')
      ? path.resolve(path.dirname(from), module)
      : undefined;
  if (base === undefined) return undefined;
  return [`${base}.ts`, `${base}.tsx`, path.join(base, 'index.ts'), base].find(
    (file) => fs.existsSync(file) && /\.tsx?$/.test(file),
  );
}

/** Sets of files that reach each other (Tarjan 1972); `edges` leads from a file to those it imports. */
function circlesOf(edges) {
  const order = new Map();
  const low = new Map();
  const open = [];
  const circles = [];
  const visit = (file) => {
    order.set(file, order.size);
    low.set(file, order.get(file));
    open.push(file);
    for (const next of edges.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1) circles.push(circle);
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return circles;
}

test('the sources were found', () => {
  for (const [name, imports] of all) expect({ name, some: imports.length > 0 }).toEqual({ name, some: true });
});

describe('packages', () => {
  const allowed = {
    signcryption: [],
    protocol: ['@chargecast/signcryption'],
    chaincode: ['@chargecast/signcryption', '@chargecast/protocol'],
    network: [],
    conformance: ['@chargecast/network'],
    // Below all that it measures: whoever starts a benchmark hands it its subject.
    bench: ['@chargecast/signcryption'],
    // Loaded by browsers: what they know of a service is its REST interface.
    pages: ['@chargecast/signcryption', '@chargecast/protocol'],
    'gateway-app': ['@chargecast/signcryption', '@chargecast/protocol', '@chargecast/chaincode', '@chargecast/network'],
  };

  test.each(Object.entries(allowed))('%s imports only what lies below it', (name, below) => {
    const wrong = productive(name).filter(
      ({ from, module, typeOnly }) =>
        module.startsWith('@chargecast/') &&
        !below.includes(packageOf(module)) &&
        // The command line starts the benchmarks and the conformance run.
        !(
          ['@chargecast/bench', '@chargecast/conformance'].includes(packageOf(module)) &&
          within(from, path.join('gateway-app', 'src', 'cli'))
        ) &&
        // What a benchmark measures stands in a folder `bench` beside it, typed by the benchmark's interfaces.
        !(module === '@chargecast/bench' && typeOnly && path.basename(path.dirname(from)) === 'bench'),
    );
    expect(wrong.map(place)).toEqual([]);
  });

  test('no relative import leaves its package', () => {
    const wrong = workspaces.flatMap((name) =>
      all
        .get(name)
        .filter(
          (entry) =>
            entry.module.startsWith('.') &&
            !within(path.resolve(path.dirname(entry.from), entry.module), path.join(name, 'src')),
        ),
    );
    expect(wrong.map(place)).toEqual([]);
  });

  test('no files import each other in a circle, by types alone neither', () => {
    const edges = new Map();
    for (const entry of [...all.values()].flat()) {
      const to = target(entry);
      if (to && to !== entry.from) edges.set(entry.from, (edges.get(entry.from) ?? new Set()).add(to));
    }
    expect(circlesOf(edges).map((files) => files.map((file) => path.relative(root, file)))).toEqual([]);
    const [importer, [imported]] = edges.entries().next().value;
    expect(circlesOf(new Map([...edges, [imported, new Set([importer])]]))).not.toEqual([]);
  });

  test.each(workspaces)('%s declares every package it imports', (name) => {
    const manifest = JSON.parse(fs.readFileSync(path.join(root, name, 'package.json'), 'utf8'));
    const shared = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).devDependencies;
    const own = `@chargecast/${name}`;
    const wrong = all.get(name).filter(({ from, module, typeOnly }) => {
      if (module.startsWith('.') || isBuiltin(module) || packageOf(module) === own) return false;
      const declared = { ...manifest.dependencies };
      if (isTest(from) || typeOnly) Object.assign(declared, manifest.devDependencies, shared);
      return !Object.hasOwn(declared, packageOf(module));
    });
    expect(wrong.map(place)).toEqual([]);
  });
});

describe('chaincode', () => {
  /** Verification and decoding, nothing that seals, opens or holds a secret. */
  const VERIFYING = [
    'bytes',
    'errors',
    'limits',
    'merkle',
    'params',
    // Public group operations in WebAssembly, loaded before the first transaction.
    'primitives/libsodium',
    'primitives/node',
    'primitives/types',
    'record',
    'roles',
    'signature',
    'support',
    'verify',
    'wire',
  ];

  test('imports only verification and decoding from signcryption', () => {
    const wrong = productive('chaincode').filter(
      ({ module }) =>
        packageOf(module) === '@chargecast/signcryption' &&
        !VERIFYING.includes(module.slice('@chargecast/signcryption/'.length)),
    );
    expect(wrong.map(place)).toEqual([]);
  });

  test('loads no addon, no role and no network, however far the imports reach', () => {
    const seen = new Set();
    const externals = new Set();
    const queue = [path.join(root, 'chaincode', 'src', 'main.ts')];
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      for (const entry of importsOf(file).filter(({ typeOnly }) => !typeOnly)) {
        const next = target(entry);
        if (next) queue.push(next);
        else externals.add(entry.module);
      }
    }
    expect(seen.size).toBeGreaterThan(20);
    const ADDON_OR_NETWORK = /^sodium-|level|fabric-gateway|^ws$|ocpp/;
    expect([...externals].filter((module) => ADDON_OR_NETWORK.test(module))).toEqual([]);
    expect([...seen].filter((file) => within(file, 'network') || within(file, 'gateway-app'))).toEqual([]);
    expect([...externals].filter(isBuiltin).sort()).toEqual(['node:crypto', 'node:fs', 'node:v8']);
  });

  test('sets its heap where its process starts, and nowhere else', () => {
    const setting = productive('chaincode').filter(({ module }) => module === 'node:v8');
    expect(setting.map(({ from }) => path.relative(root, from))).toEqual([path.join('chaincode', 'src', 'run.ts')]);
  });

  test('its rules do no input or output', () => {
    const wrong = productive('chaincode').filter(
      ({ from, module }) => within(from, 'chaincode/src/rules') && (isBuiltin(module) || module.startsWith('fabric-')),
    );
    expect(wrong.map(place)).toEqual([]);
  });
});

test('protocol does no input or output and takes signcryption by its parts', () => {
  // node:crypto only computes: SHA-256, and P-256, for which signcryption has no primitives.
  const wrong = productive('protocol').filter(
    ({ module }) =>
      (isBuiltin(module) && module !== 'node:crypto') ||
      module === '@chargecast/signcryption' ||
      /primitives\/(?!types$)/.test(module),
  );
  expect(wrong.map(place)).toEqual([]);
});

test('pages load nothing that a browser has not, however far the imports reach', () => {
  const seen = new Set();
  const externals = new Set();
  const queue = [...sources(path.join(root, 'pages', 'src')).filter((file) => !isTest(file))];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const entry of importsOf(file).filter(({ typeOnly }) => !typeOnly)) {
      const next = target(entry);
      if (next) queue.push(next);
      else if (!entry.module.startsWith('.')) externals.add(packageOf(entry.module));
    }
  }
  expect([...seen].some((file) => within(file, 'signcryption'))).toBe(true);
  expect([...externals].sort()).toEqual(['@noble/ciphers', '@noble/curves', '@noble/hashes', 'preact', 'uplot']);
});

describe('gateway-app', () => {
  const ROLES = ['kgc', 'esp', 'csc', 'css', 'cp', 'ev'];
  const app = (folder) => path.join('gateway-app', 'src', folder);
  const productiveApp = productive('gateway-app');

  test('the adapter and its connection alone import the Fabric client', () => {
    const importers = ['signcryption', 'protocol', 'chaincode', 'network', 'gateway-app'].flatMap((name) =>
      productive(name).filter(
        ({ from, module }) =>
          packageOf(module) === '@hyperledger/fabric-gateway' &&
          // The differential suite is about the client's view of two ledgers.
          !within(from, path.join('network', 'src', 'differential')),
      ),
    );
    const ledger = path.join('gateway-app', 'src', 'ledger');
    expect([...new Set(importers.map(({ from }) => path.relative(root, from)))].sort()).toEqual([
      path.join(ledger, 'fabric-gateway.ts'),
      path.join(ledger, 'gateway-connection.ts'),
    ]);
  });

  test.each(ROLES)('%s imports no other role', (role) => {
    const wrong = productiveApp.filter((entry) => {
      const file = target(entry);
      return file && within(entry.from, app(role)) && ROLES.some((other) => other !== role && within(file, app(other)));
    });
    expect(wrong.map(place)).toEqual([]);
  });

  test('roles see the ledger through its port', () => {
    const wrong = productiveApp.filter((entry) => {
      const file = target(entry);
      const fromRole = ROLES.some((role) => within(entry.from, app(role)));
      return fromRole && file && within(file, app('ledger')) && path.basename(file) === 'fabric-gateway.ts';
    });
    expect(wrong.map(place)).toEqual([]);
  });

  test('what roles share does not know them', () => {
    const shared = ['common', 'ledger', 'store', 'rpc', 'replica'];
    const wrong = productiveApp.filter((entry) => {
      const file = target(entry);
      return (
        file &&
        shared.some((folder) => within(entry.from, app(folder))) &&
        ROLES.some((role) => within(file, app(role)))
      );
    });
    expect(wrong.map(place)).toEqual([]);
  });
});
