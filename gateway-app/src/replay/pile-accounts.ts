import { RecordingActuator } from '../cp';
import { type Deployment } from '../deployment/deployment';
import { openSealedStore } from '../store';

/** What the piles charged their users, from the databases of their processes, which must have ended. */
export async function chargedAtPiles({ layout, places }: Deployment): Promise<number> {
  let sum = 0;
  for (const { name, role } of places) {
    if (role !== 'cp') continue;
    const home = layout.role(name);
    const store = await openSealedStore(`${home}/data`, `${home}/store.key`);
    try {
      sum += await new RecordingActuator(store.sub('actuator')).chargedMinor();
    } finally {
      await store.close();
    }
  }
  return sum;
}
