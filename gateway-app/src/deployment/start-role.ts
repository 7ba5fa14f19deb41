import { type ProcessRole } from '@chargecast/network';

import { type RunningRole } from '../common/running-role';

type Starter = (configFile: string) => Promise<RunningRole>;

/** A role's code is loaded when it is started: a gateway's process holds nothing of a key centre's. */
const STARTERS: Readonly<Record<ProcessRole, Starter>> = {
  kgc: async (file) => (await import('../kgc/index.js')).startKgc(file),
  esp: async (file) => (await import('../esp/index.js')).startEsp(file),
  csc: async (file) => (await import('../csc/index.js')).startCsc(file),
  css: async (file) => (await import('../css/index.js')).startCss(file),
  cp: async (file) => (await import('../cp/index.js')).startCp(file),
  ev: async (file) => (await import('../ev/index.js')).startEv(file),
};

/**
 * Starts a role in this process and resolves when it serves.
 * @throws CodedError E_CONFIG_…, E_FILE_…, or the role's own
 */
export function startRole(role: ProcessRole, configFile: string): Promise<RunningRole> {
  return STARTERS[role](configFile);
}
