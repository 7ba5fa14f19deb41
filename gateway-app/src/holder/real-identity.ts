import { Role } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { type HolderRole } from './types';

const ROLES: Readonly<Record<HolderRole, Role>> = { ev: Role.EV, cp: Role.CP, css: Role.CSS, csc: Role.CSC };

/** @throws CodedError E_HOLDER_ROLE for processes that hold no record */
export function holderRoleCode(role: string): Role {
  if (!Object.hasOwn(ROLES, role)) {
    throw new CodedError('E_HOLDER_ROLE', `a ${role} holds no record; vehicles, piles, gateways and centres do`);
  }
  return ROLES[role as HolderRole];
}

/**
 * What the proof of possession names and the KGC enrols: the role and name of the process as its TLS certificate has
 * them, and of the pile or vehicle inside it, if it is one.
 */
export const realIdentity = (role: string, process: string, unit = ''): string =>
  `${role}:${unit === '' ? process : `${process}/${unit}`}`;

/** `cp1/pile3` is the unit `pile3` of the process `cp1`; a name without a slash is the process itself. */
export function splitName(name: string): { readonly process: string; readonly unit: string } {
  const slash = name.indexOf('/');
  return slash < 0 ? { process: name, unit: '' } : { process: name.slice(0, slash), unit: name.slice(slash + 1) };
}

/** Whether a real identity is that of a process or of a unit inside it. */
export const isOfProcess = (realId: string, role: string, process: string): boolean =>
  realId === realIdentity(role, process) || realId.startsWith(`${realIdentity(role, process)}/`);
