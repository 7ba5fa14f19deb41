import { rmSync } from 'node:fs';
import { Deployment } from '../deployment/deployment';

jest.setTimeout(200000);
test('scratch', async () => {
  const directory = '/tmp/p/dep';
  rmSync(directory, { recursive: true, force: true });
  const t0 = Date.now();
  const say = (...x: unknown[]) => process.stderr.write(`${Date.now() - t0} ${x.map((y) => (typeof y === 'string' ? y : JSON.stringify(y, (_, v) => (typeof v === 'bigint' ? String(v) : v)))).join(' ')}\n`);
  const fleet = {
    vehicles: [1, 2, 3, 4].map((i) => ({ name: `VIN${i}`, contract: `C-${i}`, provider: 'esp1', csc: i % 2 ? 'csc1' : 'csc2' })),
    piles: [{ name: 'P1', css: 'css1' }, { name: 'P2', css: 'css2' }],
    cscs: ['csc1', 'csc2'],
    providers: ['esp1'],
  };
  const d = await Deployment.open({ directory, fleet, ledger: 'embedded', onProgress: (p: unknown) => say('progress', p) });
  say('opened');
  try {
    await d.startRoles('in-process', (h) => say('role', h.role, h.name));
    say('started');
    const ev = await d.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
    for (const [i, pile] of ['cp1/P1', 'cp1/P1', 'cp2/P2', 'cp2/P2'].entries()) {
      const r = await ev.plugIn({ vehicle: `VIN${i + 1}`, pile }, { deadline: 60000 });
      say('plugged', i, r.session.length);
    }
    const csc = await d.client('Csc', 'csc1', { role: 'csc', name: 'csc1' });
    const bill = (tx: string) => JSON.stringify({ transactionId: tx, currency: 'NOK', startedAt: '2019-01-21T12:00:00Z', endedAt: '2019-01-21T14:30:00Z', energyWh: 1000, lines: [{ kind: 'energy', quantity: 1000, amountMinor: 500 }], totalMinor: 500 });
    const sent = await csc.send({ commands: [
      { customer: 'C-1', kind: 'control', action: 'RequestStopTransaction', payload: JSON.stringify({ transactionId: 'tx-1' }) },
      { customer: 'C-1', kind: 'billing', action: 'Bill', payload: bill('tx-1') },
      { customer: 'C-3', kind: 'billing', action: 'Bill', payload: bill('tx-3') },
    ] });
    say('sent', sent);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 40000);
    const done = new Set<string>();
    for await (const s of csc.follow({ commandIds: sent.commandIds }, { signal: stop.signal })) {
      say('state', s);
      if (s.state === 'delivered' || s.state === 'failed') done.add(s.commandId);
      if (done.size === 3) break;
    }
    for (const role of ['css', 'cp', 'ev', 'csc', 'kgc'] as const) for (const h of d.running(role)) say(h.name, await h.status?.());
    await ev.report({ vehicle: 'VIN1', powerWatts: 7000, energyWh: 20 });
    await ev.unplug({ vehicle: 'VIN1' });
    say('unplugged');
    for (const role of ['cp', 'ev'] as const) for (const h of d.running(role)) say(h.name, await h.status?.());
    ev.close(); csc.close();
  } finally {
    say('stopping');
    await d.stop();
    say('stopped');
  }
});
