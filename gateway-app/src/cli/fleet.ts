/** `fleet …`: the second paper's fleet case, what a vehicle reports and who drives and reads it. */
import {
  VEHICLE_REPORT_KINDS,
  type VehicleReport,
  type VehicleReportKind,
  type VehicleReportState,
} from '@chargecast/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { type Program, type Register } from './command';
import { withExamples } from './defaults';
import { idText } from './esp-verb';
import { type EspDesk } from './esp-desk';
import { type ExitCode, type Io, MisuseError } from './io';

interface CredentialOptions {
  readonly config: string;
  readonly credential: string;
}
interface ReportOptions extends CredentialOptions {
  readonly kind: VehicleReportKind;
  readonly readings: string;
  readonly driver?: string;
  readonly sequence?: number;
}
interface ReadOptions {
  readonly config: string;
  readonly kind: VehicleReportKind;
  readonly credential?: string;
  readonly key?: string;
  readonly subject?: string;
}

const CONFIG = 'site/roles/esp1/config.json';
const ESP = 'config.json of a running provider, which carries what was signed';

export const registerFleet: Register = (program) => {
  const fleet = program.group('fleet', 'vehicles that report maintenance, fuel and safety; authorised drivers only');
  registerKey(fleet);
  registerAdmit(fleet);
  registerReport(fleet);
  registerReading(
    fleet,
    'reports',
    'lists a vehicle’s reports of a kind, as its owner or by the owner’s grant',
    reports,
  );
  registerReading(fleet, 'alerts', 'lists what a vehicle’s reports of a kind show that somebody should act on', alerts);
};

function registerKey(fleet: Program): void {
  fleet.verb<object>(
    'key <file>',
    'makes a key for a driver or a third party; the owner grants to the name it prints',
    (command) => withExamples(command, './chargecast fleet key bob.json'),
    async (io, _options, file = '') => {
      const { drawCredential, keyOf, writeNewCredential } = await import('./credential-file.js');
      const { authenticationKeyId } = await import('@chargecast/protocol');
      const credential = drawCredential({});
      await writeNewCredential(file, credential);
      const party = `key:${authenticationKeyId(keyOf(credential).publicKey)}`;
      io.line(`${party}, its secret in ${file}`);
      io.result({ party, file });
      return 0;
    },
  );
}

function registerAdmit(fleet: Program): void {
  fleet.verb<CredentialOptions>(
    'admit',
    'has the data chain take a registered vehicle’s reports',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', ESP)
          .requiredOption('--credential <file>', 'the vehicle’s, as `esp register` wrote it'),
        `./chargecast fleet admit --config ${CONFIG} --credential van1.json`,
      ),
    async (io, { config, credential }) => {
      const { readIssued } = await import('./credential-file.js');
      const { id } = (await readIssued(credential)).certificate;
      return told(io, config, `${id} may report`, { id }, (desk) => desk.operate('admitVehicle', { id }));
    },
  );
}

function registerReport(fleet: Program): void {
  fleet.verb<ReportOptions>(
    'report',
    'signs readings as the vehicle and, for a trip, as its driver, and puts them on the data chain',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', ESP)
          .requiredOption('--credential <file>', 'the vehicle’s')
          .addOption(kindOption())
          .requiredOption('--readings <file>', 'JSON, members as in docs/ledger.md')
          .option('--driver <file>', 'key of who drove, made by `fleet key`')
          .option('--sequence <number>', 'number of the report (default: Unix seconds)', sequenceText),
        `./chargecast fleet report --config ${CONFIG} --credential van1.json --kind safety --readings trip.json --driver bob.json`,
      ),
    report,
  );
}

function registerReading(
  fleet: Program,
  verb: string,
  description: string,
  read: (io: Io, options: ReadOptions) => Promise<ExitCode>,
): void {
  fleet.verb<ReadOptions>(
    verb,
    description,
    (command) =>
      withExamples(
        readingOptions(command),
        `./chargecast fleet ${verb} --config ${CONFIG} --credential van1.json --kind maintenance`,
        `./chargecast fleet ${verb} --config ${CONFIG} --key garage.json --subject 0123456789abcdef0123456789abcdef --kind maintenance`,
      ),
    read,
  );
}

const readingOptions = (command: Command): Command =>
  command
    .requiredOption('--config <file>', ESP)
    .addOption(kindOption())
    .addOption(new Option('--credential <file>', 'the vehicle’s: read as its owner').conflicts(['key', 'subject']))
    .option('--key <file>', 'read as whom the owner authorised, by a key of `fleet key`')
    .option('--subject <id>', 'whose reports, with --key', idText);

const kindOption = (): Option =>
  new Option('--kind <kind>', 'of report').choices([...VEHICLE_REPORT_KINDS]).makeOptionMandatory();

/** @throws InvalidArgumentError, which commander turns into misuse */
function sequenceText(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('expected is a whole number.');
  return Number(text);
}

const seconds = (): number => Math.floor(Date.now() / 1000);

async function report(io: Io, options: ReportOptions): Promise<ExitCode> {
  const { config, credential, kind, readings, driver, sequence = seconds() } = options;
  const { keyOf, readCredential, readIssued } = await import('./credential-file.js');
  const { vehicleReportBytes } = await import('@chargecast/protocol');
  const vehicle = await readIssued(credential);
  const driven = driver === undefined ? undefined : keyOf(await readCredential(driver));
  const body: VehicleReport = {
    vehicle: vehicle.certificate.id,
    kind,
    sequence,
    at: seconds(),
    readings: await readReadings(readings),
    ...(driven && { driver: driven.publicKey }),
  };
  return told(io, config, `${kind} report ${sequence} stands`, { kind, sequence }, (desk) => {
    const signed = {
      ...body,
      signature: keyOf(vehicle).sign(vehicleReportBytes(desk.ctx, body, 'vehicle')),
      ...(driven && { driverSignature: driven.sign(vehicleReportBytes(desk.ctx, body, 'driver')) }),
    };
    return desk.operate('reportVehicle', { report: JSON.stringify(signed) });
  });
}

/** The chaincode's own decoder judges them. */
async function readReadings(file: string): Promise<VehicleReport['readings']> {
  const { readFileCoded } = await import('../common/files.js');
  try {
    return JSON.parse((await readFileCoded(file)).toString('utf8')) as VehicleReport['readings'];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MisuseError('E_CONFIG_SYNTAX', `${file} is not JSON; write the readings as docs/ledger.md has them`);
  }
}

async function reports(io: Io, options: ReadOptions): Promise<ExitCode> {
  const { withEsp } = await import('./esp-desk.js');
  const items: VehicleReportState[] = [];
  await withEsp(options.config, async (desk) => {
    const asked = await requestOf(desk, options);
    for (let bookmark: string | undefined = ''; bookmark !== undefined;) {
      const page: { items: VehicleReportState[]; bookmark: string } = await desk.operate('vehicleReports', {
        ...asked,
        bookmark,
      });
      items.push(...page.items);
      bookmark = page.items.length > 0 && page.bookmark !== '' ? page.bookmark : undefined;
    }
  });
  for (const { report: each, alerts: shown } of items) {
    const noted = shown.length > 0 ? `  ${shown.join(', ')}` : '';
    io.line(`${each.sequence}  ${new Date(each.at * 1000).toISOString()}  ${JSON.stringify(each.readings)}${noted}`);
  }
  if (items.length === 0) io.line('no report of this kind stands');
  io.result({ items });
  return 0;
}

async function alerts(io: Io, options: ReadOptions): Promise<ExitCode> {
  const { withEsp } = await import('./esp-desk.js');
  const { ALERTS } = await import('@chargecast/protocol');
  const found = await withEsp(options.config, async (desk) =>
    desk.operate<{ alerts: { sequence: number; at: number; alerts: (keyof typeof ALERTS)[] }[] }>(
      'vehicleAlerts',
      await requestOf(desk, options),
    ),
  );
  for (const { sequence, at, alerts: codes } of found.alerts) {
    for (const code of codes) io.line(`${sequence}  ${new Date(at * 1000).toISOString()}  ${code}: ${ALERTS[code]}`);
  }
  if (found.alerts.length === 0) io.line('nothing to act on');
  io.result(found);
  return 0;
}

/** The reader's own signature: who carries the question gains nothing by it. */
async function requestOf(
  desk: EspDesk,
  { kind, ...asker }: ReadOptions,
): Promise<{ id: string; kind: VehicleReportKind; request: string }> {
  const { signRequest } = await import('./read-request.js');
  const request = await signRequest(desk.ctx, kind, asker);
  return { id: request.subject, kind, request: JSON.stringify(request) };
}

async function told(
  io: Io,
  config: string,
  text: string,
  result: object,
  work: (desk: EspDesk) => Promise<unknown>,
): Promise<ExitCode> {
  const { withEsp } = await import('./esp-desk.js');
  await withEsp(config, work);
  io.line(text);
  io.result(result);
  return 0;
}
