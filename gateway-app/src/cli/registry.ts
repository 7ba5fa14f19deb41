import { registerAuthorization } from './authorization';
import { registerBench } from './bench';
import { registerCertificate } from './certificate';
import { registerChain } from './chain';
import { registerCharging } from './charging';
import { type Register } from './command';
import { registerConformance } from './conformance';
import { registerDemo } from './demo';
import { registerDeployment } from './deployment';
import { registerDoctor } from './doctor';
import { registerFleet } from './fleet';
import { registerLedger } from './ledger';
import { registerNetwork } from './network';
import { registerOpening } from './opening';
import { registerPages } from './pages';
import { registerParams } from './params';
import { registerPerson } from './person';
import { registerReplay } from './replay';
import { registerRoles } from './roles';
import { registerSigma } from './sigma';
import { registerStation } from './station';
import { registerStore } from './store';
import { registerVehicle } from './vehicle';

/** Every noun of the command line, in the order `--help` shows them. */
export const REGISTER: readonly Register[] = [
  registerDoctor,
  registerDemo,
  registerReplay,
  registerCharging,
  registerSigma,
  registerParams,
  registerChain,
  registerOpening,
  registerLedger,
  registerDeployment,
  registerPerson,
  registerPages,
  registerNetwork,
  registerRoles,
  registerCertificate,
  registerAuthorization,
  registerFleet,
  registerStation,
  registerVehicle,
  registerStore,
  registerConformance,
  registerBench,
];
