/** Entry of a process of simulated stations: does what its parent asks over the channel between them, until that closes. */
import { codeOf } from '../common/errors';
import { type HostSettings, HostedStations } from './station-host';
import { type HostReply, type HostRequest } from './station-process';

let host: HostedStations | undefined;

async function answer({ call, args }: HostRequest): Promise<unknown> {
  if (call === 'start') {
    host = await HostedStations.start(args[0] as HostSettings);
    return undefined;
  }
  const calls = host as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown>>;
  return calls[call]?.(...args);
}

process.on('message', (request: HostRequest) => {
  const reply = (rest: Omit<HostReply, 'id'>): void => void process.send?.({ id: request.id, ...rest });
  answer(request).then(
    (value) => reply({ value }),
    (error: unknown) => reply({ failure: { code: codeOf(error) ?? 'E_STATIONS', message: String(error) } }),
  );
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches a terminal's whole group: the parent ends this process in its turn.
process.on('SIGINT', () => undefined);
