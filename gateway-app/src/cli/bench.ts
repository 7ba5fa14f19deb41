import { type Register } from './command';
import { type ExitCode } from './io';

/** Every published figure comes from a command here. */
export const registerBench: Register = (program) => {
  const bench = program.group('bench', 'measurements, each in multiples of a stock operation of the same run');
  bench.verb<{ json?: boolean }>(
    'crypto',
    'cost of sealing, verifying and locating; also written to bench/out/crypto.json',
    (command) => command,
    async (_, { json }) => {
      const { runBench } = await import('@chargecast/bench');
      return (await runBench(['crypto', ...(json ? ['--json'] : [])])) as ExitCode;
    },
  );
  bench.verb<{ json?: boolean }>(
    'handshake',
    'cost of the mutual authentication beside OpenSSL’s TLS 1.3; also written to bench/out/handshake.json',
    (command) => command,
    async (_, { json }) => {
      const { runBench } = await import('@chargecast/bench');
      const { handshakeSubject: handshake } = await import('../authentication/bench/subject.js');
      return (await runBench(['handshake', ...(json ? ['--json'] : [])], { handshake })) as ExitCode;
    },
  );
};
