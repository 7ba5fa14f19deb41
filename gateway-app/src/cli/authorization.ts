/** `authorization grant|revoke|check|request`: who may read whose data, by the owner's, operator's or provider's signed word. */
import { type Grant, GRANTEE_KINDS, type Grantor, type Scope, SCOPES } from '@chargecast/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { type Program, type Register } from './command';
import { withExamples } from './defaults';
import { idText } from './esp-verb';
import { type EspDesk } from './esp-desk';
import { type ExitCode, type Io, MisuseError } from './io';
import { registerRequest } from './read-request';

interface WordOptions {
  readonly config: string;
  readonly credential?: string;
  readonly organisationKey?: string;
  readonly asProvider?: boolean;
  readonly subject?: string;
  readonly party: string;
}
interface GrantOptions extends WordOptions {
  readonly scope: readonly Scope[];
  readonly kind: Grant['kind'];
  readonly until: number;
}
interface CheckOptions {
  readonly config: string;
  readonly credential?: string;
  readonly subject?: string;
  readonly party: string;
  readonly scope: Scope;
  readonly operator: string;
}

const NOUN = 'authorization';
const CONFIG = 'site/roles/esp1/config.json';

export const registerAuthorization: Register = (program) => {
  const authorization = program.group(NOUN, 'who may read whose charging and maintenance data, and who may drive');
  registerGrant(authorization);
  registerRevoke(authorization);
  registerCheck(authorization);
  registerRequest(authorization);
};

const wordOptions = (command: Command): Command =>
  command
    .requiredOption('--config <file>', 'config.json of a running provider, which carries the word to both chains')
    .addOption(
      new Option('--credential <file>', 'the owner’s: keys and certificate, as `esp register` wrote them').conflicts([
        'organisationKey',
        'asProvider',
      ]),
    )
    .addOption(
      new Option('--organisation-key <file>', 'a station operator’s: key file of a gateway').conflicts('asProvider'),
    )
    .option('--as-provider', 'the provider’s own permission for a car maker')
    .option('--subject <id>', 'ID, or * for all of an operator or a provider (their default)', subjectText)
    .requiredOption('--party <name>', 'MSP id, <MSP id>/<common name>, or key:<32 hex digits>');

function registerGrant(authorization: Program): void {
  authorization.verb<GrantOptions>(
    'grant',
    'permits a third party, a driver or a car maker named scopes until a date',
    (command) =>
      withExamples(
        wordOptions(command)
          .addOption(new Option('--kind <kind>', 'what it is').choices([...GRANTEE_KINDS]).default('thirdParty'))
          .requiredOption('--scope <scope>', `repeatable: ${SCOPES.join(', ')}`, scopeText)
          .requiredOption('--until <date>', 'end date, as 2027-12-31', dateText),
        `./chargecast authorization grant --config ${CONFIG} --credential alice.json --party Garage1MSP --scope charging --until 2027-12-31`,
      ),
    grant,
  );
}

function registerRevoke(authorization: Program): void {
  authorization.verb<WordOptions>(
    'revoke',
    'withdraws what was granted, at once',
    (command) =>
      withExamples(
        wordOptions(command),
        `./chargecast authorization revoke --config ${CONFIG} --credential alice.json --party Garage1MSP`,
      ),
    revoke,
  );
}

function registerCheck(authorization: Program): void {
  authorization.verb<CheckOptions>(
    'check',
    'asks both chains; exit 1 unless the data chain permits it',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', 'config.json of a running provider')
          .addOption(new Option('--credential <file>', 'whose data, by its certificate').conflicts('subject'))
          .option('--subject <id>', 'or by its ID', idText)
          .requiredOption('--party <name>', 'who asks')
          .addOption(new Option('--scope <scope>', 'for what').choices([...SCOPES]).makeOptionMandatory())
          .option('--operator <mspId>', 'the station’s operator, for a car maker', ''),
        `./chargecast authorization check --config ${CONFIG} --credential alice.json --party Garage1MSP --scope charging`,
      ),
    check,
  );
}

/** Greater than any before, wherever the word is signed: milliseconds since 1970. */
const nextVersion = (): number => Date.now();

interface Signer {
  readonly grantor: Grantor;
  readonly subject: string;
  readonly sign: (word: Grant | Withdrawn) => string;
}
type Withdrawn = Pick<Grant, 'grantor' | 'subject' | 'party' | 'version'>;

async function signerOf(desk: EspDesk, options: WordOptions): Promise<Signer> {
  if (options.credential !== undefined) return ownerSigner(desk, options.credential, options.subject);
  if (options.organisationKey !== undefined) return operatorSigner(desk, options.organisationKey, options.subject);
  throw new MisuseError('E_USAGE', 'name who speaks: --credential, --organisation-key or --as-provider');
}

async function ownerSigner(desk: EspDesk, file: string, subject: string | undefined): Promise<Signer> {
  const { ownerOf, readIssued } = await import('./credential-file.js');
  const { grantBytes } = await import('@chargecast/protocol');
  const credential = await readIssued(file);
  const { id, provider, attributes, owner, commitment } = credential.certificate;
  if (subject !== undefined && subject !== id) {
    throw new MisuseError('E_USAGE', 'an owner speaks for the vehicle of its credential alone; leave out --subject');
  }
  const key = ownerOf(credential);
  return {
    grantor: { by: 'owner', role: attributes.role, provider, owner, commitment },
    subject: id,
    sign: (word) => key.sign(grantBytes(desk.ctx, word)),
  };
}

async function operatorSigner(desk: EspDesk, file: string, subject = '*'): Promise<Signer> {
  const { grantStatement } = await import('@chargecast/protocol');
  const { readOrganisationKey } = await import('./organisation-key.js');
  const { name, sign } = await readOrganisationKey(desk, file);
  return { grantor: { by: 'operator', name }, subject, sign: (word) => sign(grantStatement(word)) };
}

async function grant(io: Io, options: GrantOptions): Promise<ExitCode> {
  const { party, kind, scope: scopes, until } = options;
  const version = nextVersion();
  return say(
    io,
    options,
    `granted ${scopes.join(', ')} until ${new Date(until * 1000).toISOString()}`,
    async (desk) => {
      if (options.asProvider) {
        return desk.operate('permit', { subject: options.subject ?? '*', party, scopes, until, version });
      }
      const { grantor, subject, sign } = await signerOf(desk, options);
      const word: Grant = { grantor, subject, party, kind, scopes, until, version };
      return desk.client.authorize({ word: JSON.stringify({ ...word, signature: sign(word) }) });
    },
  );
}

async function revoke(io: Io, options: WordOptions): Promise<ExitCode> {
  const { party } = options;
  const version = nextVersion();
  return say(io, options, 'withdrawn', async (desk) => {
    if (options.asProvider) return desk.operate('forbid', { subject: options.subject ?? '*', party, version });
    const { grantor, subject, sign } = await signerOf(desk, options);
    const word: Withdrawn = { grantor, subject, party, version };
    return desk.client.authorize({ word: JSON.stringify({ ...word, signature: sign(word) }) });
  });
}

type Carried = Readonly<Record<'certchain' | 'datachain', string>>;

async function say(
  io: Io,
  { config, party }: WordOptions,
  what: string,
  work: (desk: EspDesk) => Promise<Carried>,
): Promise<ExitCode> {
  const { withEsp } = await import('./esp-desk.js');
  const ends = await withEsp(config, work);
  io.line(`${party}: ${what} (certification chain ${ends.certchain}, data chain ${ends.datachain})`);
  io.result({ party, ...ends });
  return 0;
}

interface Answers {
  readonly certchain: Answer;
  readonly datachain: Answer;
}
interface Answer {
  readonly authorized: boolean;
  readonly missing: readonly string[];
}

async function check(io: Io, { config, credential, subject, party, scope, operator }: CheckOptions): Promise<ExitCode> {
  const { withEsp } = await import('./esp-desk.js');
  const { readIssued } = await import('./credential-file.js');
  const id = credential === undefined ? subject : (await readIssued(credential)).certificate.id;
  if (id === undefined) throw new MisuseError('E_USAGE', 'name whose data with --credential or --subject');
  const answers = await withEsp(config, (desk) =>
    desk.operate<Answers>('check', { subject: id, party, scope, operator }),
  );
  const tell = ({ authorized, missing }: Answer): string => (authorized ? 'yes' : `no, missing: ${missing.join(', ')}`);
  io.line(
    `${party} ${scope} of ${id}: certification chain ${tell(answers.certchain)}; data chain ${tell(answers.datachain)}`,
  );
  io.result({ subject: id, party, scope, ...answers });
  return answers.datachain.authorized ? 0 : 1;
}

function subjectText(text: string): string {
  return text === '*' ? text : idText(text);
}

function scopeText(text: string, before: readonly Scope[] = []): readonly Scope[] {
  const scope = SCOPES.find((known) => known === text);
  if (!scope) throw new InvalidArgumentError(`expected is one of ${SCOPES.join(', ')}.`);
  return before.includes(scope) ? before : [...before, scope];
}

/** A date counts to its end in UTC. */
function dateText(text: string): number {
  const milliseconds = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T23:59:59Z`) : Date.parse(text);
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError('expected is a date, as 2027-12-31.');
  return Math.floor(milliseconds / 1000);
}
