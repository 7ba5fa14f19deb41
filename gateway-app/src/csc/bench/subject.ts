/** A centre's books as `bench centre` measures them: the production classes on a sealed database; nobody is called. */
import { type CentreParts, type CentreSubject } from '@chargecast/bench';
import { type Receiver, sessionBinding, toHex } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CodedError } from '../../common/errors';
import { silentLogger } from '../../common/log';
import { encodePayload } from '../../holder';
import { type Command } from '../../rpc';
import { openSealedStore } from '../../store';
import { type Reachable } from '../addressing';
import { cscConfigSchema } from '../config';
import { CommandDesk } from '../desk';
import { Outbox } from '../outbox';
import { Sealer } from '../sealer';
import { runningCost } from './running-cost';

const SESSION = Uint8Array.from(randomBytes(16));
/** As many as a σ needs of four organisations. */
const ACKS = ['A', 'B'].map((name) => ({
  mspId: `${name}MSP`,
  deadline: Math.floor(Date.now() / 1000) + 60,
  signature: randomBytes(64).toString('hex'),
}));

/** Every vehicle is plugged in at one pile; a command tells it what its session costs so far. */
export async function centreSubject({ limits, pile, vehicles, seal }: CentreParts): Promise<CentreSubject> {
  const directory = await mkdtemp(join(tmpdir(), 'chargecast-bench-'));
  const store = await openSealedStore(join(directory, 'db'), join(directory, 'key'));
  const outbox = await Outbox.load(store.sub('outbox'), Date.now);
  const desk = new CommandDesk(outbox, () => undefined);
  const { dispatch } = cscConfigSchema.pick({ dispatch: true }).parse({});
  const at = { bind: sessionBinding(pile.record.f, SESSION), actor: toHex(pile.record.f), session: toHex(SESSION) };
  const reachable = new Map<string, Reachable>(
    vehicles.map((keys, i) => [`contract-${i}`, { f: toHex(keys.record.f), keys, ...at }]),
  );
  const customers = [...reachable.keys()];
  const message = encodePayload([runningCost()]);
  const addressed: readonly Receiver[] = vehicles.map((keys) => ({ keys, bind: at.bind, message }));

  const sealer = (maxReceivers: number): Sealer =>
    new Sealer({
      outbox,
      addressing: { resolve: async (customer) => reachable.get(customer) ?? { code: 'E_CUSTOMER_UNBOUND' } },
      holder: { seal },
      replica: { limits: () => limits, isFresh: () => true },
      settings: { ...dispatch, maxReceivers },
      now: Date.now,
      sealed: () => undefined,
      logger: silentLogger(),
    });
  const ofEachSigma = async (work: (id: string) => Promise<void>): Promise<void> => {
    for (const { id } of outbox.openSigmas()) await work(id);
  };
  let ids: readonly string[] = [];
  const steps = new Map<string, (commands: readonly Command[], receivers: number) => Promise<void>>([
    ['taken from an operator', async (commands) => void (ids = await desk.send(commands))],
    ['sealed', (_, receivers) => sealer(receivers).run()],
    ['acknowledged', () => ofEachSigma((id) => outbox.acknowledge(id, ACKS))],
    ['committed', () => ofEachSigma((id) => outbox.commit(id))],
    ['delivered', async () => void (await Promise.all(ids.map((id) => outbox.deliver(id))))],
  ]);
  const work = [...steps.values()];

  return {
    steps: [...steps.keys()],
    begin: (count, receivers) => {
      const left = outbox.open().length + outbox.openSigmas().length;
      if (left > 0) throw new CodedError('E_BENCH', 'commands of the run before were not delivered');
      const commands = customers.slice(0, count).map(commandTo);
      return { step: async (index) => work[index]?.(commands, receivers) };
    },
    signcrypt: async (count, receivers) => {
      for (let first = 0; first < count; first += receivers) {
        await seal(addressed.slice(first, first + receivers), dispatch.ttlSeconds);
      }
    },
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

function commandTo(customer: string): Command {
  const { kind, action, payload } = runningCost();
  return { customer, kind, action, payload: JSON.stringify(payload) };
}
