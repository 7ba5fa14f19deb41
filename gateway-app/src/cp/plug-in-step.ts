import { CodedError } from '../common/errors';
import type { FromVehicle } from '../rpc';

/**
 * The vehicle's next message of a plug-in.
 * @throws CodedError E_PLUG_TIMEOUT, E_PLUG_GONE
 */
export async function nextStep(incoming: AsyncIterator<FromVehicle>, milliseconds: number): Promise<FromVehicle> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CodedError('E_PLUG_TIMEOUT', 'the plug-in took too long: begin anew')),
      milliseconds,
    );
  });
  try {
    const next = await Promise.race([incoming.next(), late]);
    if (next.done) throw new CodedError('E_PLUG_GONE', 'the vehicle went away while it was being plugged in');
    return next.value;
  } finally {
    clearTimeout(timer);
  }
}
