import { InvalidArgumentError } from 'commander';

import { type CommandState } from '../rpc';
import { type Program } from './command';
import { wholeNumber, withExamples } from './defaults';
import { type ExitCode, type Io, MisuseError } from './io';

/** Between two words on who has answered, milliseconds. */
const TELL_MS = 10_000;

interface CurtailOptions {
  readonly config: string;
  readonly limitW?: number;
  readonly lift?: boolean;
  readonly seconds: number;
  readonly pile?: readonly string[];
  readonly wait: boolean;
}

/** `csc curtail`: grid power must fall now. */
export function registerCscCurtail(csc: Program): void {
  csc.verb<CurtailOptions>(
    'curtail',
    'limits the stations of all piles, or of those named, at once; exit 1 if one does not accept',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', 'config.json of the centre')
          .option('--limit-w <n>', 'limit of each station, W', (text) => wholeNumber(text, 0, 10_000_000))
          .option('--lift', 'end the limit instead')
          .option('--seconds <n>', 'how long it holds; 0: until lifted', (text) => wholeNumber(text, 0, 604_800), 0)
          .option('--pile <name>', '<process>/<pile>; give it again for more', collect)
          .option('--no-wait', 'return when the centre has taken the commands'),
        './chargecast csc curtail --config .chargecast/demo/roles/csc1/config.json --limit-w 4000',
        './chargecast csc curtail --config .chargecast/demo/roles/csc1/config.json --lift',
      ),
    curtail,
  );
}

function collect(name: string, before: readonly string[] = []): readonly string[] {
  if (!/^[^/]+\/[^/]+$/.test(name)) throw new InvalidArgumentError('expected is <process>/<pile>.');
  return [...before, name];
}

async function curtail(io: Io, options: CurtailOptions): Promise<ExitCode> {
  const { config: file, limitW, lift = false, seconds, pile: named = [], wait } = options;
  if ((limitW === undefined) !== lift) throw new MisuseError('E_USAGE', 'give either --limit-w or --lift');
  const { cscConfigSchema } = await import('../csc/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, cscConfigSchema);
  const csc = client('Csc', config.listen, tls, { serverName: config.name });
  try {
    const calledAt = Date.now();
    const { commandIds, piles } = await csc.curtail({ lift, limitW: limitW ?? 0, seconds, piles: named });
    io.note(`${piles.length} piles`);
    if (!wait) {
      commandIds.forEach((id) => io.line(id));
      io.result({ piles: piles.length, commandIds });
      return 0;
    }
    const ends = new Map<string, { readonly state: CommandState; readonly ms: number }>();
    const telling = setInterval(() => {
      const over = [...ends.values()].filter(({ state: { state } }) => state === 'delivered' || state === 'failed');
      io.note(`${over.length} of ${piles.length} answered; stations that are away are waited for`);
    }, TELL_MS);
    try {
      for await (const state of csc.follow({ commandIds })) {
        ends.set(state.commandId, { state, ms: Date.now() - calledAt });
      }
    } finally {
      clearInterval(telling);
    }
    return report(
      io,
      commandIds.map((id, i) => ({ pile: piles[i] as string, ...ends.get(id) })),
    );
  } finally {
    csc.close();
  }
}

interface Answered {
  readonly pile: string;
  readonly state?: CommandState;
  /** From the call to the pile's receipt. */
  readonly ms?: number;
}

function report(io: Io, answers: readonly Answered[]): ExitCode {
  const byAnswer = { accepted: 0, rejected: 0, unanswered: 0 };
  for (const { pile, state } of answers) {
    const answer = (state?.station || 'unanswered') as keyof typeof byAnswer;
    byAnswer[answer] += 1;
    if (answer !== 'accepted') io.line(`${pile}  ${answer}  ${state?.stationReason ?? ''}  ${state?.code ?? ''}`);
  }
  const times = answers.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? 0;
  const receiptMs = { p50: at(0.5), p95: at(0.95), max: at(1) };
  io.line(
    `${byAnswer.accepted} accepted, ${byAnswer.rejected} rejected, ${byAnswer.unanswered} unanswered; ` +
      `receipts after ${receiptMs.p50} ms (p50), ${receiptMs.p95} ms (p95)`,
  );
  io.result({ piles: answers.length, ...byAnswer, receiptMs });
  return byAnswer.accepted === answers.length ? 0 : 1;
}
