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

/** What the proof of possession names and the KGC enrols: role and name as the TLS certificate has them. */
export const realIdentity = (role: string, name: string): string => `${role}:${name}`;
