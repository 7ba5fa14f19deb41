/** What a verifier imports must not load an addon: followed through the sources. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const VERIFIER_ENTRIES = [
  'verify',
  'wire',
  'params',
  'limits',
  'record',
  'support',
  'statements',
  'opening',
  'merkle',
  'messages',
  'errors',
  'signature',
  'roles',
  'bytes',
  'hash',
  'primitives/node',
  'primitives/types',
];

function reached(entry: string): { modules: Set<string>; packages: Set<string> } {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const visit = (module: string): void => {
    if (modules.has(module)) return;
    modules.add(module);
    const source = readFileSync(path.join(__dirname, `${module}.ts`), 'utf8');
    for (const [statement, clause, target] of source.matchAll(/^(?:import|export)\s([^;]*?)from\s'([^']+)';/gms)) {
      const named = /^\{(.*)\}\s*$/s.exec((clause as string).trim())?.[1];
      const names = named
        ?.split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
      const typeOnly = statement.startsWith('import type') || names?.every((name) => name.startsWith('type '));
      if (typeOnly === true) continue;
      if ((target as string).startsWith('.')) visit(path.join(path.dirname(module), target as string));
      else packages.add(target as string);
    }
  };
  visit(entry);
  return { modules, packages };
}

describe('import boundaries', () => {
  it.each(VERIFIER_ENTRIES)('%s reaches node:crypto and libsodium’s WebAssembly at most', (entry) => {
    const { packages, modules } = reached(entry);
    const allowed = ['node:crypto', 'libsodium-wrappers-sumo'];
    expect([...packages].filter((name) => !allowed.includes(name))).toEqual([]);
    expect(modules).not.toContain('primitives/native');
  });

  it('sees what it guards against: the index does load the addon', () => {
    const { packages } = reached('index');
    expect(packages).toContain('sodium-native');
    expect(packages).toContain('libsodium-wrappers-sumo');
  });

  it('no module of the package reads files, sockets or the environment, but the vectors’ generator', () => {
    for (const name of reached('index').packages) {
      expect(name).toMatch(/^(@noble\/|libsodium-wrappers-sumo$|sodium-native$|node:crypto$)/);
    }
  });
});
