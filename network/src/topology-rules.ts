import { NetworkError } from './errors';
import { type OrderingSettings, type Topology } from './topology';

/** Returns the topology it was given, or throws `E_TOPOLOGY` naming every fault found. */
export function validateTopology(topology: Topology): Topology {
  const faults = [
    ...sizeFaults(topology),
    ...nameFaults(topology),
    ...portFaults(topology),
    ...orderingFaults(topology.ordering),
  ];
  if (faults.length > 0) {
    throw new NetworkError('E_TOPOLOGY', `the network topology cannot be used: ${faults.join('; ')}`);
  }
  return topology;
}

function sizeFaults({ organisations, byzantineFaults }: Topology): string[] {
  const faults: string[] = [];
  const n = organisations.length;
  if (n < 1) faults.push('no CSS organisation');
  if (!Number.isInteger(byzantineFaults) || byzantineFaults < 0) {
    faults.push('byzantineFaults must be a whole number, 0 or more');
  } else if (n < 3 * byzantineFaults + 1) {
    faults.push(
      `to tolerate l = ${byzantineFaults} faulty orderers n ≥ 3l + 1 = ${3 * byzantineFaults + 1} CSS organisations are needed, there are ${n}`,
    );
  }
  return faults;
}

const CHANNEL_NAME = /^[a-z][a-z0-9.-]{0,248}$/;
const CHAINCODE_NAME = /^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$/;
const SHORT_NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;
const MSP_ID = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;
const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

function nameFaults(topology: Topology): string[] {
  const members = [...topology.organisations, ...topology.clientOrganisations];
  const identities = members.flatMap((member) => member.identities);
  const checks: [string, RegExp, readonly string[]][] = [
    ['network id', SHORT_NAME, [topology.networkId]],
    ['chaincode name', CHAINCODE_NAME, [topology.chaincode]],
    ['channel name', CHANNEL_NAME, Object.values(topology.channels)],
    ['MSP id', MSP_ID, members.map((member) => member.mspId)],
    ['organisation name', SHORT_NAME, members.map((member) => member.name)],
    ['domain', DOMAIN, members.map((member) => member.domain)],
    ['identity name', SHORT_NAME, identities.map((identity) => identity.name)],
  ];
  const faults = checks.flatMap(([label, pattern, values]) =>
    values.filter((value) => !pattern.test(value)).map((value) => `${label} "${value}" is not of the form ${pattern}`),
  );
  for (const [label, , values] of checks.slice(2, 6)) faults.push(...repeated(label, values));
  for (const member of members) {
    faults.push(
      ...repeated(
        `identity of ${member.mspId}`,
        member.identities.map((identity) => identity.name),
      ),
    );
  }
  return faults;
}

function portFaults({ organisations }: Topology): string[] {
  const used = organisations.flatMap(({ host, ports }) => Object.values(ports).map((port: number) => ({ host, port })));
  const faults = used
    .filter(({ port }) => !Number.isInteger(port) || port < 1024 || port > 65535)
    .map(({ port }) => `port ${port} is not in 1024–65535`);
  return [
    ...faults,
    ...repeated(
      'port',
      used.map(({ host, port }) => `${host}:${port}`),
    ),
  ];
}

/** What SmartBFT itself refuses, said before a network is made of it. */
function orderingFaults(ordering: OrderingSettings): string[] {
  const faults = Object.entries(ordering)
    .filter(([, value]: [string, number]) => !Number.isSafeInteger(value) || value <= 0)
    .map(([name]) => `ordering.${name} must be a whole number above 0`);
  const ascending: (keyof OrderingSettings)[][] = [
    ['requestForwardTimeout', 'requestComplainTimeout', 'requestAutoRemoveTimeout'],
    ['viewChangeResendInterval', 'viewChangeTimeout'],
  ];
  for (const names of ascending) {
    const values = names.map((name) => ordering[name]);
    if (values.some((value, index) => index > 0 && value < (values[index - 1] as number))) {
      faults.push(`ordering: ${names.join(' ≤ ')} does not hold`);
    }
  }
  return faults;
}

function repeated(label: string, values: readonly string[]): string[] {
  const twice = new Set(values.filter((value, index) => values.indexOf(value) !== index));
  return [...twice].map((value) => `${label} ${value} occurs more than once`);
}
