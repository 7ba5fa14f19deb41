import { resolve } from 'node:path';

import { type LedgerKind } from '@chargecast/network';

import { type Deployment } from '../deployment';
import { type Program, type Register } from './command';
import {
  dataDirectory,
  dataOption,
  ledgerOption,
  organisationsOption,
  profileOption,
  wholeNumber,
  withExamples,
} from './defaults';
import { type Io, MisuseError } from './io';
import { withStopSignal } from './until-stopped';

interface CreateOptions {
  readonly data?: string;
  readonly ledger: LedgerKind | 'auto';
  readonly organisations: number;
  readonly profile?: string;
  readonly sessions?: string;
  readonly vehicles?: number;
  readonly companies: number;
  readonly tariff?: string;
  readonly kgcPassphraseFile?: string;
}

const NOUN = 'deployment';
const PROVIDERS = ['esp1', 'esp2'];

export const registerDeployment: Register = (program) => {
  const deployment = program.group(NOUN, 'a consortium and all its roles in one folder');
  registerCreate(deployment);
  registerUp(deployment);
};

function registerCreate(deployment: Program): void {
  deployment.verb<CreateOptions>(
    'create',
    'makes keys, certificates, params, ledger and every role’s config.json for the fleet of a sessions file',
    (command) =>
      withExamples(
        command
          .addOption(dataOption(NOUN))
          .addOption(ledgerOption())
          .addOption(organisationsOption())
          .addOption(profileOption())
          .option('--sessions <file>', 'sessions whose vehicles and piles take part (default: synthetic ones)')
          .option('--vehicles <n>', 'only so many vehicles', (text) => wholeNumber(text, 1, 100_000))
          .option(
            '--tariff <file>',
            'piles have charging stations, and companies start, bill and settle by this tariff',
          )
          .option(
            '--kgc-passphrase-file <file>',
            'the KGC’s master keys lie under this passphrase; the file stays needed',
          )
          .option('--companies <n>', 'charging service companies', (text) => wholeNumber(text, 1, 16), 2),
        './chargecast deployment create --data site',
        './chargecast deployment create --data site --profile network-description.json',
        './chargecast deployment create --data site --kgc-passphrase-file /run/secrets/kgc',
        './chargecast deployment up --data site',
      ),
    async (io, options) => {
      const { Deployment, fleetOf, gatewayCount, readExistingNetwork } = await import('../deployment/index.js');
      const { readInput } = await import('../demo/index.js');
      const directory = dataDirectory(options.data, NOUN);
      const existing = options.profile === undefined ? undefined : await readExistingNetwork(options.profile);
      const organisations = existing ? gatewayCount(existing) : options.organisations;
      const { readTariff } = await import('../pricing/index.js');
      const { sessions } = await readInput({
        directory,
        ...(options.sessions === undefined ? {} : { sessions: resolve(options.sessions) }),
        ...(options.vehicles === undefined ? {} : { vehicles: options.vehicles }),
      });
      const fleet = fleetOf(sessions, {
        css: numbered('css', organisations),
        providers: PROVIDERS,
        cscs: numbered('csc', options.companies),
      });
      const made = await Deployment.open({
        directory,
        fleet,
        ledger: options.ledger,
        organisations,
        people: true,
        ...(options.kgcPassphraseFile === undefined ? {} : { kgcPassphraseFile: resolve(options.kgcPassphraseFile) }),
        ...(options.tariff === undefined ? {} : { charging: { tariff: await readTariff(resolve(options.tariff)) } }),
        ...(existing && { existing }),
      });
      await made.stop();
      const roles = made.places.map(({ role, name }) => ({ role, name, config: made.layout.roleConfig(name) }));
      io.line(`${directory}: ${made.manifest.ledger} ledger, ${roles.length} roles`);
      for (const { role, config } of roles) io.line(`  ./chargecast ${role} run --config ${config}`);
      io.line(`people: ${made.layout.people}; ./chargecast person list --data ${directory}`);
      io.result({ directory, ledger: made.manifest.ledger, roles });
    },
  );
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

function registerUp(deployment: Program): void {
  deployment.verb<{ data?: string }>(
    'up',
    'starts the ledger and every role of a deployment, each in its process, until Ctrl-C',
    (command) => withExamples(command.addOption(dataOption(NOUN)), './chargecast deployment up --data site'),
    async (io, { data }) => {
      const { Deployment, layoutOf, readManifest } = await import('../deployment/index.js');
      const directory = dataDirectory(data, NOUN);
      const manifest = await readManifest(layoutOf(directory));
      if (!manifest) throw new MisuseError('E_FILE_MISSING', `${directory} holds no deployment: create one first`);
      const { fleet, ledger, charging } = manifest;
      await withStopSignal(async (stopped) => {
        const running = await Deployment.open({
          directory,
          fleet,
          ledger,
          people: true,
          ...(charging && { charging }),
        });
        try {
          await running.startRoles('processes', ({ role, name }) => io.note(`${role} ${name} is ready`));
          tellReady(io, running);
          await stopped;
        } finally {
          await running.stop();
        }
      });
    },
  );
}

function tellReady(io: Io, { layout, consortium, services }: Deployment): void {
  const { directory, people } = layout;
  const profile = consortium.ledger.profileFile;
  for (const { role, name, url } of services) io.line(`${role} ${name}: ${url}/`);
  io.line(`People's certificates: ${people}; without a browser's: ./chargecast pages --data ${directory}`);
  io.line(`Everything runs. profile: ${profile}; Ctrl-C stops it, data stays.`);
  io.result({ ready: true, directory, profile, people, services });
}
