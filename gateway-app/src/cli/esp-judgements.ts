/** `esp revoke|report|erase`: certificates withdrawn, misbehaviour reported, identities forgotten, at a running provider. */
import { MISBEHAVIOUR, type Misbehaviour, type RevocationReason, REVOCATION_REASONS } from '@chargecast/protocol';
import { Option } from 'commander';

import { type Program } from './command';
import { parseTime, withExamples } from './defaults';
import { type EspDesk } from './esp-desk';
import {
  type AtProvider,
  atProvider,
  EXAMPLE_CONFIG as CONFIG,
  EXAMPLE_ID,
  type IdOptions,
  idText,
  isoDate,
  verb,
  withId,
} from './esp-verb';
import { type Io } from './io';

interface RevokeOptions extends AtProvider {
  readonly id?: string;
  readonly credential?: string;
  readonly reason: RevocationReason;
  readonly effective?: number;
}
interface ReportOptions extends IdOptions {
  readonly kind: Misbehaviour;
  readonly evidence: string;
  readonly organisationKey?: string;
}

export function registerRevocation(esp: Program): void {
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

export function registerJudgements(esp: Program): void {
  verb<ReportOptions>(
    esp,
    'report',
    'reports misbehaviour; below the threshold the chain revokes the key',
    (command) =>
      withExamples(
        withId(command)
          .addOption(new Option('--kind <kind>', 'of what').choices(Object.keys(MISBEHAVIOUR)).makeOptionMandatory())
          .requiredOption('--evidence <file>', 'its SHA-256 goes onto the chain; keep the file for the auditor')
          .option('--organisation-key <file>', 'in a gateway’s name: its key file; the provider only carries it'),
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

interface Revoked {
  readonly id: string;
  readonly status: string;
  readonly datachain: string;
}

async function revoke(io: Io, desk: EspDesk, options: RevokeOptions): Promise<void> {
  const { id, status, datachain } = await revokeBy(desk, options);
  const { reason, effective } = options;
  const from = effective === undefined ? '' : ` from ${isoDate(effective)}`;
  const reports = datachain === 'notAdmitted' ? '' : '; its reports are no longer taken';
  io.line(`${id}  revoked (${reason})${from}: ${status}${reports}`);
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

interface Reported {
  readonly value: number;
  readonly revoked: boolean;
}

async function report(io: Io, desk: EspDesk, options: ReportOptions): Promise<void> {
  const { readFileCoded } = await import('../common/files.js');
  const { createHash } = await import('node:crypto');
  const { id, kind, evidence: file, organisationKey } = options;
  const evidence = createHash('sha256')
    .update(await readFileCoded(file))
    .digest('hex');
  const { value, revoked } =
    organisationKey === undefined
      ? await desk.operate<Reported>('report', { id, kind, evidence })
      : await reportByOrganisation(desk, organisationKey, { id, kind, evidence });
  io.line(`${id}  reputation ${value}${revoked ? ': its key is revoked' : ''}`);
  io.result({ id, kind, evidence, value, revoked });
}

async function reportByOrganisation(
  desk: EspDesk,
  keyFile: string,
  { id: subject, kind, evidence }: Pick<ReportOptions, 'id' | 'kind' | 'evidence'>,
): Promise<Reported> {
  const { dayOf, reportStatement } = await import('@chargecast/protocol');
  const { readOrganisationKey } = await import('./organisation-key.js');
  const { name, sign } = await readOrganisationKey(desk, keyFile);
  const reporter = { by: 'organisation', name } as const;
  const body = { subject, kind, day: dayOf(Math.floor(Date.now() / 1000)), evidence, reporter };
  const report = JSON.stringify({ ...body, signature: sign(reportStatement(body)) });
  return desk.operate<Reported>('carryReport', { report });
}

async function erase(io: Io, desk: EspDesk, { id }: IdOptions): Promise<void> {
  const end = await desk.operate<{ erased: boolean }>('erase', { id });
  io.line(end.erased ? `${id}  erased: its commitment can no longer be opened` : `${id}  was erased before`);
  io.result({ id, ...end });
}
