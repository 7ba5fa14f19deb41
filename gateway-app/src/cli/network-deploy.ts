import { type ChannelDeployment, type InstalledPackage, type MemberDeployment } from '@chargecast/network';
import { InvalidArgumentError, Option } from 'commander';
import { resolve } from 'node:path';

import { CHAINCODE_BUNDLE } from '../deployment/root';
import { type Program } from './command';
import { dataDirectory, withExamples } from './defaults';
import { type ExitCode, type Io, MisuseError } from './io';
import { progressLine } from './progress-line';

interface DeployOptions {
  readonly data?: string;
  readonly bundle?: string;
  readonly profile?: string;
  readonly service?: ReadonlyMap<string, string>;
}

export function registerNetworkDeploy(network: Program): void {
  network.verb<DeployOptions>(
    'deploy',
    'installs, approves and commits the chaincode; with --profile as a member of a network that others run',
    (command) =>
      withExamples(
        command
          .option('--data <dir>', 'the network’s folder; with --profile that of the chaincode servers')
          .option('--bundle <file>', 'chaincode to deploy (default: as it is built now)')
          .option('--profile <file>', 'network description or profile.json with your administrator (docs/network.md)')
          .addOption(serviceOption()),
        './chargecast network deploy',
        './chargecast network deploy --profile network.json',
        './chargecast network deploy --profile network.json --service Org1MSP=cc.org1.example.com:9999',
      ),
    async (io, options) => {
      const { data, bundle, profile, service = new Map<string, string>() } = options;
      const chaincodeBundle = bundle === undefined ? CHAINCODE_BUNDLE : resolve(bundle);
      if (profile === undefined && service.size > 0) {
        throw new MisuseError('E_USAGE', '--service belongs to --profile: this network’s own servers need none');
      }
      if (profile === undefined) return deployHere(io, dataDirectory(data, 'network'), chaincodeBundle);
      return deployAsMember(io, profile, {
        chaincodeBundle,
        directory: dataDirectory(data, 'chaincode-services'),
        services: service,
      });
    },
  );
}

function serviceOption(): Option {
  return new Option(
    '--service <msp=host:port>',
    'where that organisation’s peers reach its chaincode server; repeatable (without: peers run Node chaincode)',
  ).argParser((text: string, given: ReadonlyMap<string, string> = new Map<string, string>()) => {
    const [, mspId, address] = /^([^=\s]+)=([^\s=]+:\d{1,5})$/.exec(text) ?? [];
    if (mspId === undefined || address === undefined) throw new InvalidArgumentError('expected is MSP=host:port.');
    return new Map([...given, [mspId, address]]);
  });
}

async function deployHere(io: Io, directory: string, chaincodeBundle: string): Promise<ExitCode> {
  const { fabricDeploy } = await import('@chargecast/network');
  const { version, packageId } = await fabricDeploy(directory, { chaincodeBundle, onProgress: progressLine(io) });
  io.line(`version ${version}, ${packageId}`);
  io.result({ version, packageId });
  return 0;
}

async function deployAsMember(
  io: Io,
  file: string,
  options: { chaincodeBundle: string; directory: string; services: ReadonlyMap<string, string> },
): Promise<ExitCode> {
  const { memberDeploy } = await import('@chargecast/network');
  const { readMemberProfile } = await import('../deployment/existing-network.js');
  const { profile } = await readMemberProfile(file);
  const deployed = await memberDeploy(profile, {
    ...options,
    onProgress: (step, detail) => io.note(`${step}: ${detail}`),
  });
  tell(io, deployed);
  io.result(deployed);
  return deployed.channels.every(({ committed }) => committed) ? 0 : 1;
}

function tell(io: Io, { installed, channels }: MemberDeployment): void {
  for (const channel of channels) io.line(describeChannel(channel));
  for (const one of installed) io.line(describePackage(one));
}

function describeChannel({ channel, sequence, committed, approved, missing }: ChannelDeployment): string {
  if (committed) return `${channel}: committed, sequence ${sequence}`;
  return `${channel}: NOT committed; approved by ${approved.join(', ')}, missing ${missing.join(', ')}: they run this command too`;
}

function describePackage({ mspId, packageId, service }: InstalledPackage): string {
  if (!service) return `${mspId}: ${packageId}, run by its peers`;
  return `${mspId}: ${packageId}, start its server: node --env-file=${service.environmentFile} ${service.bundle}`;
}
