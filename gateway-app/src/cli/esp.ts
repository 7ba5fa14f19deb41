/** `esp register|update|query|list`: certificates of vehicles and piles, at a running provider. */
import { type Command, InvalidArgumentError, Option } from 'commander';

import { type Program } from './command';
import { wholeNumber, withExamples } from './defaults';
import { type EspDesk } from './esp-desk';
import { registerJudgements, registerRevocation } from './esp-judgements';
import { type AtProvider, atProvider, EXAMPLE_CONFIG as CONFIG, idText, isoDate, verb } from './esp-verb';
import { type Io } from './io';

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
export function registerEspCertificates(esp: Program): void {
  registerLifeCycle(esp);
  registerRevocation(esp);
  registerLookups(esp);
  registerJudgements(esp);
}

const withCredential = (command: Command): Command =>
  atProvider(command).requiredOption('--credential <file>', 'its keys and certificate, as `esp register` wrote them');

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

function identityText(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9_-]{0,63})=(.{1,256})$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('expected is name=value.');
  return { ...before, [name]: value };
}
