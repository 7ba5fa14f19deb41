import { InvalidArgumentError } from 'commander';

import { type Command as RpcCommand, type CommandState } from '../rpc';
import { type Program } from './command';
import { stateLine } from './csc-follow';
import { withExamples } from './defaults';
import { type ExitCode, type Io, MisuseError } from './io';

interface OpenOptions {
  readonly config: string;
  readonly sigma?: string;
  readonly key?: string;
}

interface SendOptions {
  readonly config: string;
  readonly commands: string;
  readonly follow?: boolean;
}

/** `kgc open`: tracing by the KGC's own operator, the evidence checked before it is shown. */
export function registerKgcOpen(kgc: Program): void {
  kgc.verb<OpenOptions>(
    'open',
    'opens a one-time credential to its holder, with evidence the holder signed; asks the running KGC',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', 'config.json of the KGC')
          .option('--sigma <file>', 'the σ in question')
          .option('--key <hex>', 'or its one-time key Y, 32 bytes in lower-case hex', oneTimeKeyText),
        './chargecast kgc open --config .chargecast/demo/roles/kgc/config.json --sigma one.sigma',
      ),
    open,
  );
}

/** `csc send`: commands from a file, into the running centre's outbox. */
export function registerCscSend(csc: Program): void {
  csc.verb<SendOptions>(
    'send',
    'hands commands to the running centre; exit 1 if one fails while followed',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', 'config.json of the centre')
          .requiredOption('--commands <file>', 'JSON list of {customer, kind, action, payload}')
          .option('--follow', 'wait until every command is delivered or has failed'),
        './chargecast csc send --config .chargecast/demo/roles/csc1/config.json --commands commands.json --follow',
      ),
    send,
  );
}

async function open(io: Io, { config: file, sigma, key }: OpenOptions): Promise<ExitCode> {
  const { kgcConfigSchema } = await import('../kgc/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { decodeOpening, decodeRecord, fromHex, toHex, verifyOpening, verifyRecord } =
    await import('@chargecast/signcryption');
  const { config, tls, trust } = await prepareProcess(file, kgcConfigSchema);
  const oneTimeKey = key === undefined ? await keyOfSigma(sigma) : fromHex(key, 32);
  const kgc = client('Kgc', config.listen, tls, { serverName: config.name });
  try {
    const reply = await kgc.open({ oneTimeKey });
    const record = verifyRecord(trust.params, decodeRecord(Uint8Array.from(reply.record)));
    verifyOpening(trust.params, record, oneTimeKey, decodeOpening(Uint8Array.from(reply.opening)));
    const { role, name } = reply;
    const f = toHex(record.record.f);
    io.line(`one-time key ${toHex(oneTimeKey)} is of ${role} ${name}, pseudo-identity ${f}; the evidence holds`);
    io.result({
      role,
      name,
      f,
      oneTimeKey: toHex(oneTimeKey),
      record: toHex(Uint8Array.from(reply.record)),
      opening: toHex(Uint8Array.from(reply.opening)),
    });
    return 0;
  } finally {
    kgc.close();
  }
}

/** @throws InvalidArgumentError, which commander turns into misuse */
function oneTimeKeyText(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError('expected are 32 bytes in lower-case hex.');
  return text;
}

async function keyOfSigma(file: string | undefined): Promise<Uint8Array> {
  if (file === undefined) throw new MisuseError('E_USAGE', 'name the σ with --sigma or its one-time key with --key');
  const { readFileCoded } = await import('../common/files.js');
  const { decodeSigma } = await import('@chargecast/signcryption');
  return decodeSigma(Uint8Array.from(await readFileCoded(file))).header.oneTimeKey;
}

async function send(io: Io, { config: file, commands: list, follow = false }: SendOptions): Promise<ExitCode> {
  const { cscConfigSchema } = await import('../csc/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, cscConfigSchema);
  const csc = client('Csc', config.listen, tls, { serverName: config.name });
  try {
    const { commandIds } = await csc.send({ commands: await readCommands(list) });
    if (!follow) {
      commandIds.forEach((id) => io.line(id));
      io.result({ commandIds });
      return 0;
    }
    const ends = new Map<string, CommandState>();
    for await (const state of csc.follow({ commandIds })) {
      io.line(stateLine(state));
      ends.set(state.commandId, state);
    }
    io.result({ commands: commandIds.map((commandId) => ends.get(commandId) ?? { commandId }) });
    return [...ends.values()].every(({ state }) => state === 'delivered') ? 0 : 1;
  } finally {
    csc.close();
  }
}

/** The payload may be given as an object, as people write it. */
async function readCommands(file: string): Promise<RpcCommand[]> {
  const { readFileCoded } = await import('../common/files.js');
  const { validate } = await import('../common/config.js');
  const { z } = await import('zod');
  const shape = z
    .array(
      z.strictObject({
        customer: z.string(),
        kind: z.string(),
        action: z.string(),
        payload: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1);
  let value: unknown;
  try {
    value = JSON.parse((await readFileCoded(file)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MisuseError('E_CONFIG_SYNTAX', `${file} is not JSON; write a list of {customer, kind, action, payload}`);
  }
  const commands = validate(shape, value, `the command list ${file}`);
  return commands.map((command) => ({ ...command, payload: JSON.stringify(command.payload) }));
}
