import { connect } from 'node:tls';

import { readFileCoded } from '../../common/files';
import { HOST } from '../../deployment/host';
import { type Client, type ServiceName } from '../../rpc';
import { type Attack, type AttackOutcome, refusalOf } from './attack';
import { forgeAs } from './on-the-chain';
import { type AttackWorld } from './world';

/** What a process with a certificate of its own can try on the other roles. */
export function roleAttacks(world: AttackWorld): Attack[] {
  const { deployment, victim } = world;
  const vehicle = { role: 'ev', name: deployment.running('ev')[0]?.name ?? 'ev1' } as const;
  const company = { role: 'csc', name: deployment.manifest.fleet.cscs[0] as string } as const;
  const pile = { role: 'cp', name: deployment.running('cp')[0]?.name ?? 'cp1' } as const;
  const f = victim.keys.record.f;
  return [
    {
      name: 'a vehicle has the KGC route σ',
      run: () => calling(world, 'Kgc', 'kgc', vehicle, (kgc) => kgc.route({ sigma: world.committed, receivers: [f] })),
    },
    {
      name: 'a pile has a company send commands',
      run: () => calling(world, 'Csc', company.name, pile, (csc) => csc.send({ commands: [] })),
    },
    {
      name: 'a company hands a gateway σ past the KGC',
      run: async () => {
        const sigma = await forgeAs(world, {});
        return calling(world, 'Css', 'css1', company, (css) => css.hold({ sigma, submit: true }));
      },
    },
    {
      name: 'one pile process reports a vehicle at another’s pile',
      run: () =>
        calling(world, 'Kgc', 'kgc', { role: 'cp', name: 'cp-foreign' }, (kgc) =>
          kgc.plugIn({ vehicle: f, session: victim.session, pile: victim.pile }),
        ),
    },
    {
      name: 'one company gives orders through another’s centre',
      run: () =>
        calling(world, 'Csc', company.name, { role: 'csc', name: 'csc-insider' }, (csc) =>
          csc.send({ commands: [{ customer: 'nobody', kind: 'billing', action: 'Bill', payload: '{}' }] }),
        ),
    },
    { name: 'a program without a certificate calls the KGC', run: () => withoutCertificate(world) },
  ];
}

async function calling<S extends ServiceName>(
  { deployment }: AttackWorld,
  service: S,
  server: string,
  as: Parameters<AttackWorld['deployment']['client']>[2],
  attempt: (client: Client<S>) => Promise<unknown>,
): Promise<AttackOutcome> {
  const client = await deployment.client(service, server, as);
  try {
    return await refusalOf(() => attempt(client));
  } finally {
    client.close();
  }
}

/** TLS itself must end the connection: the call never reaches the service. */
async function withoutCertificate({ deployment }: AttackWorld): Promise<AttackOutcome> {
  const port = deployment.places.find(({ name }) => name === 'kgc')?.port as number;
  const ca = await readFileCoded(`${deployment.layout.roleTls('kgc', 'kgc')}/ca.pem`);
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, ca, ALPNProtocols: ['h2'], checkServerIdentity: () => undefined });
    const end = (outcome: AttackOutcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    // TLS 1.3 lets the client finish its part before the server has judged it: data decides.
    socket.once('data', () => end({ refused: false, code: 'ACCEPTED' }));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end({ refused: error.code?.startsWith('ERR_SSL') === true, code: 'E_TLS_CERTIFICATE_REQUIRED' }),
    );
    socket.once('secureConnect', () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0'));
  });
}
