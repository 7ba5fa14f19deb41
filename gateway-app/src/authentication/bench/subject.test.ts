import { createFixture } from '@chargecast/bench/crypto/fixture';
import { TlsHandshake } from '@chargecast/bench/handshake/tls';
import { ready } from '@chargecast/signcryption';

import { handshakeSubject } from './subject';

test('what is measured is a handshake that succeeds', async () => {
  await ready();
  const { params, pile, vehicles } = await createFixture(1);
  const [vehicle] = vehicles;
  if (!vehicle) throw new Error('the fixture has no vehicle');
  const subject = await handshakeSubject({ params, pile, vehicle });
  for (const known of [true, false]) {
    const run = subject.begin(known);
    for (let step = 0; step < subject.steps.length; step++) await run.step(step);
    await expect(run.step(subject.steps.length - 1)).rejects.toMatchObject({ code: 'E_AUTH_MESSAGE' });
  }
  subject.verifyCertificate();
  await new TlsHandshake(subject.tls).run();
});
