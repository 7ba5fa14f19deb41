import { type Client, type GovernanceStep } from '../rpc';
import { type Program } from './command';
import { withExamples } from './defaults';
import { type ExitCode, type Io } from './io';

interface RollOptions {
  readonly config: string;
  readonly overlap?: string;
}
interface RevokeOptions {
  readonly config: string;
  readonly reason: string;
}
interface ConfigOption {
  readonly config: string;
}

const KGC_CONFIG = 'config.json of the KGC';
const CSS_CONFIG = 'config.json of the gateway';
const KGC_FILE = '.chargecast/demo/roles/kgc/config.json';
const CSS_FILE = '.chargecast/demo/roles/css1/config.json';

/** `kgc roll`, `revoke`, `readmit`: what the KGC's operator starts; all ask the running KGC. */
export function registerKgcGovernance(kgc: Program): void {
  kgc.verb<RollOptions>(
    'roll',
    'opens the next epoch; every holder enrols anew while both are accepted',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', KGC_CONFIG)
          .option('--overlap <seconds>', 'how long both epochs are accepted (default: one day)'),
        `./chargecast kgc roll --config ${KGC_FILE} --overlap 86400`,
      ),
    async (io, { config, overlap = '86400' }) => {
      const { MisuseError } = await import('./io.js');
      if (!/^\d{1,9}$/.test(overlap)) throw new MisuseError('E_USAGE', 'give --overlap in whole seconds');
      return withKgc(config, (running) => followed(io, running.roll({ overlapSeconds: Number(overlap) })));
    },
  );
  kgc.verb<RevokeOptions>(
    'revoke <holder>',
    'ends a holder: its records and one-time keys, once a majority of the gateways’ operators approved; Ctrl-C leaves it proposed',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', KGC_CONFIG)
          .requiredOption('--reason <reason>', 'compromised, lost, superseded, ceased or misbehaved'),
        `./chargecast kgc revoke csc:csc1 --reason compromised --config ${KGC_FILE}`,
        `./chargecast kgc revoke cp:cp1/pile3 --reason lost --config ${KGC_FILE}`,
      ),
    (io, { config, reason }, holder = '') =>
      withKgc(config, (running) => followed(io, running.revoke({ holder, reason, effective: 0 }))),
  );
  kgc.verb<ConfigOption>(
    'readmit <holder>',
    'lets a revoked holder enrol anew, under another pseudo-identity',
    (command) =>
      withExamples(
        command.requiredOption('--config <file>', KGC_CONFIG),
        `./chargecast kgc readmit csc:csc1 --config ${KGC_FILE}`,
      ),
    (io, { config }, holder = '') =>
      withKgc(config, async (running) => {
        await running.readmit({ holder });
        io.line(`${holder} may enrol anew`);
        io.result({ holder, readmitted: true });
        return 0;
      }),
  );
}

/** `css proposals`, `approve`, `decline`: one organisation's word. */
export function registerCssGovernance(css: Program): void {
  css.verb<ConfigOption>(
    'proposals',
    'lists revocations that wait for this organisation',
    (command) =>
      withExamples(
        command.requiredOption('--config <file>', CSS_CONFIG),
        `./chargecast css proposals --config ${CSS_FILE}`,
      ),
    async (io, { config }) =>
      withCss(config, async (running) => {
        const proposals: { id: string; since: number; item: unknown }[] = [];
        for await (const { id, since, item } of running.proposals({})) {
          const proposed = JSON.parse(item) as Proposed;
          proposals.push({ id, since, item: proposed });
          io.line([id, isoDate(since), ...described(proposed)].join('  '));
        }
        if (proposals.length === 0) io.line('nothing waits for a decision');
        io.result({ proposals });
        return 0;
      }),
  );
  for (const [verb, approve] of [
    ['approve', true],
    ['decline', false],
  ] as const) {
    css.verb<ConfigOption>(
      `${verb} <ids...>`,
      `${verb}s what the KGC proposes, for this organisation`,
      (command) =>
        withExamples(
          command.requiredOption('--config <file>', CSS_CONFIG),
          `./chargecast css ${verb} 1f2e3d4c5b6a79881f2e3d4c5b6a7988 --config ${CSS_FILE}`,
        ),
      (io, { config }, ...ids) =>
        withCss(config, async (running) => {
          for (const id of ids) await running.decide({ id, approve });
          io.line(`${ids.length} ${approve ? 'approved' : 'declined'}`);
          io.result({ ids, approved: approve });
          return 0;
        }),
    );
  }
}

interface Proposed {
  readonly kind: string;
  readonly body: { readonly reason: string; readonly effective: number } & (
    { readonly subject: string } | { readonly subjects: readonly string[] }
  );
}

function described({ kind, body }: Proposed): string[] {
  const what = 'subjects' in body ? `${body.subjects.length} one-time keys` : body.subject;
  return [kind, what, body.reason, `effective ${isoDate(body.effective)}`];
}

const isoDate = (seconds: number): string => new Date(seconds * 1000).toISOString();

async function followed(io: Io, steps: AsyncIterable<GovernanceStep>): Promise<ExitCode> {
  const committed: { kind: string; subject: string }[] = [];
  for await (const { kind, subject, state, organisations } of steps) {
    io.line(`${kind}  ${subject}  ${state}${organisations.length > 0 ? `: ${organisations.join(', ')}` : ''}`);
    if (state === 'committed') committed.push({ kind, subject });
  }
  io.result({ committed });
  return 0;
}

async function withKgc(file: string, use: (kgc: Client<'Kgc'>) => Promise<ExitCode>): Promise<ExitCode> {
  const { kgcConfigSchema } = await import('../kgc/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, kgcConfigSchema);
  const running = client('Kgc', config.listen, tls, { serverName: config.name });
  return use(running).finally(() => running.close());
}

async function withCss(file: string, use: (css: Client<'Css'>) => Promise<ExitCode>): Promise<ExitCode> {
  const { cssConfigSchema } = await import('../css/config.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, cssConfigSchema);
  const running = client('Css', config.listen, tls, { serverName: config.name });
  return use(running).finally(() => running.close());
}
