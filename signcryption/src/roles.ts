import { ensure } from './errors';

/** Who a record, a sender or an organisation is; one byte on the wire. */
export const Role = { EV: 1, CP: 2, CSS: 3, CSC: 4, ESP: 5, KGC: 6 } as const;
export type Role = (typeof Role)[keyof typeof Role];
export type RoleName = keyof typeof Role;

const NAMES = new Map<number, RoleName>(Object.entries(Role).map(([name, code]) => [code, name as RoleName]));

export const isRole = (code: number): code is Role => NAMES.has(code);

/** @throws E_ARGUMENT for an unknown code */
export function roleName(code: number): RoleName {
  const name = NAMES.get(code);
  ensure(name !== undefined, 'E_ARGUMENT', `unknown role code ${code}`);
  return name;
}

/** @throws E_ARGUMENT for an unknown name */
export function roleFromName(name: string): Role {
  ensure(
    Object.hasOwn(Role, name),
    'E_ARGUMENT',
    `unknown role ${JSON.stringify(name)}; known: ${[...NAMES.values()].join(', ')}`,
  );
  return Role[name as RoleName];
}
