/** `esp register|update|query|list|revoke|report|erase`: certificates of vehicles and piles, at a running provider. */
import { MISBEHAVIOUR, type RevocationReason, REVOCATION_REASONS } from '@chargecast/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { type Action, type Program } from './command';
import { parseTime, wholeNumber, withExamples } from './defaults';
import { type EspDesk } from './esp-desk';
import { type Io } from './io';

const CONFIG = 'site/roles/esp1/config.json';
const EXAMPLE_ID = '0123456789abcdef0123456789abcdef';

interface AtProvider {
  readonly config: string;
}
interface RegisterOptions extends AtProvider {
  readonly credential: string;
  readonly role: 'vehicle' | 'pile';
  readonly auth: string;
  readonly tag: string;
  readonly identity: Readonly<Record<string, string>>;
}
interface CredentialOptions extends AtProvider {
  readonly credential: string;
}
interface QueryOptions extends AtProvider {
  readonly id?: string;
  readonly vin?: string;
}
interface ListOptions extends AtProvider {
  readonly after?: string;
  readonly limit: number;
}
interface IdOptions extends AtProvider {
  readonly id: string;
}
interface RevokeOptions extends AtProvider {
  readonly id?: string;
  readonly credential?: string;
  readonly reason: RevocationReason;
  readonly effective?: number;
}
interface ReportOptions extends IdOptions {
  readonly kind: string;
  readonly evidence: string;
}

export function registerEspCertificates(esp: Program): void {
  registerLifeCycle(esp);
  registerLookups(esp);
  registerJudgements(esp);
}

const atProvider = (command: Command): Command =>
  command.requiredOption('--config <file>', 'config.json of the provider, which must be running');
const withId = (command: Command): Command =>
  atProvider(command).requiredOption('--id <hex>', 'ID of the vehicle or pile, 32 hex digits', idText);
const withCredential = (command: Command): Command =>
  atProvider(command).requiredOption('--credential <file>', 'its keys and certificate, as `esp register` wrote them');

/** Adds a verb that talks to the provider of `--config`. */
function verb<Options extends AtProvider>(
  esp: Program,
  name: string,
  description: string,
  build: (command: Command) => Command,
  action: (io: Io, desk: EspDesk, options: Options) => Promise<void>,
): void {
  const run: Action<Options> = async (io, options) => {
    const { withEsp } = await import('./esp-desk.js');
    await withEsp(options.config, (desk) => action(io, desk, options));
  };
  esp.verb<Options>(name, description, build, run);
}

function registerLifeCycle(esp: Program): void {
  verb<RegisterOptions>(
    esp,
    'register',
    'draws keys for a vehicle or pile, applies at the provider and waits for the certificate on the chain',
    (command) =>
      withExamples(
        atProvider(command)
          .requiredOption('--credential <file>', 'where keys and certificate are written (mode 0600); must not exist')
          .addOption(new Option('--role <role>', 'what it is').choices(['vehicle', 'pile']).default('vehicle'))
          .option('--auth <name>', 'for whom it acts: user, fleet, station, …', 'user')
          .option('--tag <name>', 'identification field; for a pile <process>/<pile>', 'A')
          .option('--identity <name=value>', 'repeatable: vin, plate, owner, …; never on a chain', identityText, {}),
        `./chargecast esp register --config ${CONFIG} --credential alice.json --identity vin=WVWZZZ1KZAW123456 --identity plate=A0000`,
      ),
    register,
  );
  verb<CredentialOptions>(
    esp,
    'update',
    'draws the next key and has it supersede the one near its expiry',
    (command) =>
      withExamples(withCredential(command), `./chargecast esp update --config ${CONFIG} --credential alice.json`),
    update,
  );
  verb<RevokeOptions>(
    esp,
    'revoke',
    'revokes a key for ever, in the provider’s name or its owner’s',
    (command) =>
      withExamples(
        atProvider(command)
          .addOption(
            new Option('--id <hex>', 'in the provider’s name: whose').argParser(idText).conflicts('credential'),
          )
          .option('--credential <file>', 'in the owner’s name: its keys and certificate; the provider only carries it')
          .addOption(new Option('--reason <reason>', 'why').choices([...REVOCATION_REASONS]).default('compromised'))
          .option('--effective <time>', 'from when on: Unix seconds or ISO 8601; default: now', parseTime),
        `./chargecast esp revoke --config ${CONFIG} --id ${EXAMPLE_ID} --reason lost`,
        `./chargecast esp revoke --config ${CONFIG} --credential alice.json --reason lost`,
      ),
    revoke,
  );
}

function registerLookups(esp: Program): void {
  verb<QueryOptions>(
    esp,
    'query',
    'certificate, status, reputation, and whose it is as far as the provider still knows',
    (command) =>
      withExamples(
        atProvider(command)
          .addOption(new Option('--id <hex>', 'by ID').argParser(idText).conflicts('vin'))
          .option('--vin <vin>', 'by VIN, which the provider alone can'),
        `./chargecast esp query --config ${CONFIG} --vin WVWZZZ1KZAW123456 --json`,
      ),
    query,
  );
  verb<ListOptions>(
    esp,
    'list',
    'what the provider has registered, by pages',
    (command) =>
      withExamples(
        atProvider(command)
          .option('--limit <n>', 'so many', (text) => wholeNumber(text, 1, 500), 100)
          .option('--after <hex>', 'ID after which the page begins', idText),
        `./chargecast esp list --config ${CONFIG} --limit 10`,
      ),
    list,
  );
}

function registerJudgements(esp: Program): void {
  verb<ReportOptions>(
    esp,
    'report',
    'reports misbehaviour; below the threshold the chain revokes the key',
    (command) =>
      withExamples(
        withId(command)
          .addOption(new Option('--kind <kind>', 'of what').choices(Object.keys(MISBEHAVIOUR)).makeOptionMandatory())
          .requiredOption('--evidence <file>', 'its SHA-256 goes onto the chain; keep the file for the auditor'),
        `./chargecast esp report --config ${CONFIG} --id ${EXAMPLE_ID} --kind fraud --evidence meter.log`,
      ),
    report,
  );
  verb<IdOptions>(
    esp,
    'erase',
    'erases who it is: without salt and identity the commitment on the chain says nothing',
    (command) => withExamples(withId(command), `./chargecast esp erase --config ${CONFIG} --id ${EXAMPLE_ID}`),
    erase,
  );
}

async function register(io: Io, desk: EspDesk, options: RegisterOptions): Promise<void> {
  const files = await import('./credential-file.js');
  const { decodeCertificate, formatAttributes } = await import('@chargecast/protocol');
  const { rm } = await import('node:fs/promises');
  const { credential: file, role, auth, tag, identity } = options;
  const drawn = files.drawCredential(identity);
  await files.writeNewCredential(file, drawn);
  try {
    const wanted = { provider: desk.provider, role, auth, tag };
    const issued = await desk.register(files.firstApplication(desk.ctx, drawn, wanted));
    const certificate = decodeCertificate(issued, 'certificate');
    await files.writeCredential(file, { ...drawn, certificate });
    io.line(`${certificate.id}  ${formatAttributes(certificate.attributes)}  until ${isoDate(certificate.expiresAt)}`);
    io.line(`keys and certificate: ${file}`);
    io.result({ credential: file, certificate });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function update(io: Io, desk: EspDesk, { credential: file }: CredentialOptions): Promise<void> {
  const files = await import('./credential-file.js');
  const { decodeCertificate } = await import('@chargecast/protocol');
  const standing = await files.readIssued(file);
  const { secret } = files.drawCredential({});
  const next = { ...standing, secret };
  const certificate = decodeCertificate(
    await desk.register(files.nextApplication(desk.ctx, standing, next)),
    'certificate',
  );
  await files.writeCredential(file, { ...next, certificate });
  io.line(`${certificate.id}  version ${certificate.version}  until ${isoDate(certificate.expiresAt)}`);
  io.result({ credential: file, certificate });
}

async function query(io: Io, desk: EspDesk, { id, vin }: QueryOptions): Promise<void> {
  const { MisuseError } = await import('./io.js');
  if (id === undefined && vin === undefined) throw new MisuseError('E_USAGE', 'name it with --id or --vin');
  const found = await desk.operate<Record<string, unknown>>(
    'query',
    id === undefined ? { name: `vin:${vin}` } : { id },
  );
  for (const [name, value] of Object.entries(found)) io.line(`${name.padEnd(12)}${shownMember(name, value)}`);
  io.result(found);
}

function shownMember(name: string, value: unknown): string {
  if (typeof value === 'number' && (name === 'expiresAt' || name === 'at')) return isoDate(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Listed {
  readonly items: readonly Record<'id' | 'status' | 'attributes' | 'tag' | 'stage', string>[];
  readonly next?: string;
}

async function list(io: Io, desk: EspDesk, { limit, after }: ListOptions): Promise<void> {
  const page = await desk.operate<Listed>('list', { limit, ...(after !== undefined && { after }) });
  for (const { id, status, attributes, tag, stage } of page.items) {
    io.line([id, status === 'unknown' ? stage : status, attributes, tag].join('  '));
  }
  if (page.next !== undefined) io.line(`more: --after ${page.next}`);
  io.result(page);
}

interface Revoked {
  readonly id: string;
  readonly status: string;
  readonly datachain: string;
}

async function revoke(io: Io, desk: EspDesk, options: RevokeOptions): Promise<void> {
  const { id, status, datachain } = await revokeBy(desk, options);
  const { reason } = options;
  const reports = datachain === 'notAdmitted' ? '' : '; its reports are no longer taken';
  io.line(`${id}  revoked (${reason}): ${status}${reports}`);
  io.result({ id, reason, status, datachain });
}

async function revokeBy(desk: EspDesk, { id, credential, reason, effective }: RevokeOptions): Promise<Revoked> {
  if (credential !== undefined) {
    const { ownersRevocation } = await import('./credential-file.js');
    const revocation = JSON.stringify(await ownersRevocation(desk.ctx, credential, reason, effective));
    return desk.operate<Revoked>('carryRevocation', { revocation });
  }
  if (id !== undefined) {
    return desk.operate<Revoked>('revoke', { id, reason, ...(effective !== undefined && { effective }) });
  }
  const { MisuseError } = await import('./io.js');
  throw new MisuseError('E_USAGE', 'name it with --id, or with --credential in its owner’s name');
}

async function report(io: Io, desk: EspDesk, { id, kind, evidence: file }: ReportOptions): Promise<void> {
  const { readFileCoded } = await import('../common/files.js');
  const { createHash } = await import('node:crypto');
  const evidence = createHash('sha256')
    .update(await readFileCoded(file))
    .digest('hex');
  const { value, revoked } = await desk.operate<{ value: number; revoked: boolean }>('report', { id, kind, evidence });
  io.line(`${id}  reputation ${value}${revoked ? ': its key is revoked' : ''}`);
  io.result({ id, kind, evidence, value, revoked });
}

async function erase(io: Io, desk: EspDesk, { id }: IdOptions): Promise<void> {
  const end = await desk.operate<{ erased: boolean }>('erase', { id });
  io.line(end.erased ? `${id}  erased: its commitment can no longer be opened` : `${id}  was erased before`);
  io.result({ id, ...end });
}

const isoDate = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** @throws InvalidArgumentError, which commander turns into misuse */
export function idText(text: string): string {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new InvalidArgumentError('expected are 32 hex digits.');
  return text;
}

function identityText(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9_-]{0,63})=(.{1,256})$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('expected is name=value.');
  return { ...before, [name]: value };
}
