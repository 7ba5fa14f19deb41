import { join } from 'node:path';

import { checkoutChecks } from './checkout';
import { deploymentChecks } from './deployments';
import { type Check } from './finding';
import { machineChecks } from './machine';
import { programChecks } from './programs';

export type { Check, Finding, State } from './finding';

/** Everything that is looked at, in the order a newcomer would mend it. @param root the checkout */
export async function allChecks(root: string, environment: NodeJS.ProcessEnv): Promise<readonly Check[]> {
  return [
    ...checkoutChecks(root),
    ...machineChecks(root),
    ...programChecks(root, environment),
    ...(await deploymentChecks(join(root, '.chargecast'))),
  ];
}
