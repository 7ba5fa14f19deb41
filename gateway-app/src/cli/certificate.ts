/** `certificate query|history|list|system-key|events`: what anybody who may read sees, of whichever provider. */
import {
  type Certificate,
  type CertificateHistoryReply,
  type CertificateReply,
  type SignedSystemKey,
} from '@chargecast/protocol';
import { type Command } from 'commander';

import { type OpenChain } from '../audit';
import { type CertificateEvent } from '../audit/certificate-events';
import { type Action, type Program, type Register } from './command';
import { dataDirectory, wholeNumber, withExamples } from './defaults';
import { EXAMPLE_ID, idText, isoDate } from './esp-verb';
import { type Io } from './io';
import { withChain } from './stored-ledger';
import { withStopSignal } from './until-stopped';

/** Members of events that say whom they are about. */
const NAMING: ReadonlySet<string> = new Set(['certificates', 'id', 'subject']);
/** Members of events that are Unix seconds. */
const TIMES: ReadonlySet<string> = new Set(['effective', 'until']);

interface AtChain {
  readonly data?: string;
  readonly trust?: string;
}
interface IdOptions extends AtChain {
  readonly id: string;
}
interface ProviderOptions extends AtChain {
  readonly provider: string;
}
interface ListOptions extends AtChain {
  readonly limit: number;
  readonly after: string;
}
interface EventsOptions extends AtChain {
  readonly id?: string;
  readonly from: number;
  readonly follow?: boolean;
}

export const registerCertificate: Register = (program) => {
  const certificate = program.group(
    'certificate',
    'certificates as the certification chain holds them, of any provider',
  );
  registerLookups(certificate);
  registerEvents(certificate);
};

const atChain = (command: Command): Command =>
  command
    .option('--data <place>', 'deployment folder or connection profile (default: .chargecast/demo in the checkout)')
    .option('--trust <file>', 'trust.json (default: the deployment’s own)');
const withId = (command: Command): Command =>
  atChain(command).requiredOption('--id <hex>', 'ID of the vehicle or pile, 32 hex digits', idText);

/** Adds a verb that reads the chain of `--data` as a member that may read. */
function verb<Options extends AtChain>(
  certificate: Program,
  name: string,
  description: string,
  build: (command: Command) => Command,
  read: (io: Io, chain: OpenChain, options: Options) => Promise<void>,
): void {
  const run: Action<Options> = (io, options) =>
    withChain(io, options.data ?? dataDirectory(undefined, 'demo'), options.trust, (chain) => read(io, chain, options));
  certificate.verb<Options>(name, description, build, run);
}

function registerLookups(certificate: Program): void {
  verb<IdOptions>(
    certificate,
    'query',
    'queryVPK: the certificate in force, its status, its revocation with reason, authority and effective time',
    (command) => withExamples(withId(command), `./chargecast certificate query --data site --id ${EXAMPLE_ID}`),
    query,
  );
  verb<IdOptions>(
    certificate,
    'history',
    'historyVPK, for auditors: every version of the key, revocation and reputation',
    (command) => withExamples(withId(command), `./chargecast certificate history --data site --id ${EXAMPLE_ID}`),
    history,
  );
  verb<ListOptions>(
    certificate,
    'list',
    'listVPK: certificates in force, of all providers, by pages',
    (command) =>
      withExamples(
        atChain(command)
          .option('--limit <n>', 'so many', (text) => wholeNumber(text, 1, 500), 100)
          .option('--after <bookmark>', 'where the page before ended, as it said', ''),
        './chargecast certificate list --data site --limit 10',
      ),
    list,
  );
  verb<ProviderOptions>(
    certificate,
    'system-key',
    'querySPK: a provider’s public key and the terms of its certificates',
    (command) =>
      withExamples(
        atChain(command).requiredOption('--provider <name>', 'the provider, as in its config.json'),
        './chargecast certificate system-key --data site --provider esp1',
      ),
    systemKey,
  );
}

function registerEvents(certificate: Program): void {
  verb<EventsOptions>(
    certificate,
    'events',
    'what became of certificates and authorisations, as the chain announced it, endorsements verified',
    (command) =>
      withExamples(
        atChain(command)
          .option('--id <hex>', 'of this vehicle or pile alone', idText)
          .option('--from <block>', 'first block', (text) => wholeNumber(text, 0, 999_999_999), 0)
          .option('--follow', 'go on with what comes, until Ctrl-C'),
        `./chargecast certificate events --data site --id ${EXAMPLE_ID} --follow`,
        './chargecast certificate events --data site --json',
      ),
    events,
  );
}

/** @throws LedgerError with the chaincode's code */
async function evaluate<T>({ ledger }: OpenChain, name: string, ...args: string[]): Promise<T> {
  const { REGISTRATION } = await import('@chargecast/protocol');
  const bytes = await ledger.evaluate('certchain', { contract: REGISTRATION.contract, name, args });
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
}

async function query(io: Io, chain: OpenChain, { id }: IdOptions): Promise<void> {
  const found = await evaluate<CertificateReply>(chain, 'queryVPK', id);
  io.line(`${await lineOf(found.certificate)}  ${found.status}`);
  showRevocation(io, found);
  io.result(found);
}

async function history(io: Io, chain: OpenChain, { id }: IdOptions): Promise<void> {
  const found = await evaluate<CertificateHistoryReply>(chain, 'historyVPK', id);
  for (const version of found.versions) io.line(`${await lineOf(version)}  key ${version.publicKey.slice(0, 18)}…`);
  showRevocation(io, found);
  const { reputation } = found;
  if (reputation) io.line(`reputation  ${reputation.value} after ${reputation.reports} reports`);
  io.result(found);
}

async function list(io: Io, chain: OpenChain, { limit, after }: ListOptions): Promise<void> {
  const page = await evaluate<{ items: Certificate[]; bookmark: string }>(chain, 'listVPK', String(limit), after);
  for (const certificate of page.items) io.line(await lineOf(certificate));
  if (page.bookmark !== '') io.line(`more: --after ${page.bookmark}`);
  io.result(page);
}

async function systemKey(io: Io, chain: OpenChain, { provider }: ProviderOptions): Promise<void> {
  const found = await evaluate<SignedSystemKey>(chain, 'querySPK', provider);
  const days = (seconds: number): string => `${seconds / 86_400} days`;
  io.line(`${provider}  version ${found.version}  ${found.curve} with ${found.hash}`);
  io.line(`key         ${found.publicKey}`);
  io.line(`terms       certificates hold for ${days(found.lifetime)}, updated in the last ${days(found.renewal)}`);
  io.result(found);
}

async function events(io: Io, chain: OpenChain, { id, from, follow = false }: EventsOptions): Promise<void> {
  const { certificateEvents } = await import('../audit/certificate-events.js');
  const show = async (signal?: AbortSignal): Promise<void> => {
    for await (const event of certificateEvents(chain, { from: BigInt(from), ...(signal && { signal }) })) {
      if (id !== undefined && !event.ids.includes(id)) continue;
      showEvent(io, event, id);
    }
  };
  if (!follow) return show();
  io.note('following; Ctrl-C ends it');
  await withStopSignal((stopped) => {
    const ending = new AbortController();
    void stopped.then(() => ending.abort());
    return show(ending.signal);
  });
}

function showEvent(io: Io, { block, transactionId, at, name, ids, payload }: CertificateEvent, id?: string): void {
  const rest = Object.entries(payload)
    .filter(([key]) => !NAMING.has(key))
    .map(([key, value]) => `${key} ${shownValue(key, value)}`);
  const shown = id ?? (ids.length > 3 ? `${ids.slice(0, 3).join(' ')} and ${ids.length - 3} more` : ids.join(' '));
  io.line([`block ${block}`, isoDate(at), name, shown, ...rest].filter((part) => part !== '').join('  '));
  io.result({ block, transactionId, at, event: name, ...payload });
}

const shownValue = (key: string, value: unknown): string =>
  typeof value === 'number' && TIMES.has(key) ? isoDate(value) : String(value);

function showRevocation(io: Io, { revocation }: Pick<CertificateReply, 'revocation'>): void {
  if (!revocation) return;
  const { reason, by, effective, at } = revocation;
  io.line(`revoked     ${reason}, by ${by}, effective ${isoDate(effective)}, written ${isoDate(at)}`);
}

async function lineOf({ id, provider, version, attributes, issuedAt, expiresAt }: Certificate): Promise<string> {
  const { formatAttributes } = await import('@chargecast/protocol');
  const life = `${isoDate(issuedAt)} to ${isoDate(expiresAt)}`;
  return [id, provider, `version ${version}`, formatAttributes(attributes), life].join('  ');
}
