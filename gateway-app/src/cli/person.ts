import { join } from 'node:path';

import { ANY_SERVICE, PERSON_ROLES, type PersonRole } from '@chargecast/network';
import { Option } from 'commander';

import { type IssuedPerson } from '../deployment';
import { type Program, type Register } from './command';
import { dataDirectory, dataOption, withExamples } from './defaults';
import { MisuseError } from './io';

const NOUN = 'deployment';
/** Roles that look at the whole system unless told otherwise. */
const AT_ANY: readonly PersonRole[] = ['auditor', 'government', 'car-maker', 'monitor'];

interface DataOption {
  readonly data?: string;
}

interface AddOptions extends DataOption {
  readonly role: PersonRole;
  readonly at?: string;
  readonly name: string;
}

/** Who may use the services of a deployment over HTTPS. */
export const registerPerson: Register = (program) => {
  const person = program.group('person', 'people and machines that use a deployment’s services: their certificates');
  registerAdd(person);
  registerList(person);
  registerRemove(person);
};

function registerAdd(person: Program): void {
  person.verb<AddOptions>(
    'add',
    'issues a certificate, as PEM for programs and as PKCS #12 for browsers',
    (command) =>
      withExamples(
        command
          .addOption(dataOption(NOUN))
          .addOption(new Option('--role <role>', 'what it may be').choices(PERSON_ROLES).makeOptionMandatory())
          .option('--at <service>', 'the one service it is good at, as csc1 or esp2, or any; needed for some roles')
          .option('--name <name>', 'tells several apart; for an owner: the contract', '1'),
        './chargecast person add --data site --role operator --at csc1 --name night-shift',
        './chargecast person add --data site --role owner --at esp1 --name NO-CHC-1',
        './chargecast person add --data site --role auditor',
      ),
    async (io, { data, role, at, name }) => {
      const service = at ?? (AT_ANY.includes(role) ? ANY_SERVICE : undefined);
      if (service === undefined) {
        throw new MisuseError('E_USAGE', `--at is needed: a certificate for an ${role} is good at one service`);
      }
      const { addPerson } = await import('../deployment/index.js');
      const issued = await addPerson(peopleOf(data), { role, at: service, name });
      const { files } = issued;
      io.line(`${issued.id}, until ${issued.notAfter}`);
      io.line(`  ${files.cert}`);
      io.line(`  ${files.p12} (its password: ${files.password})`);
      io.result(shown(issued));
    },
  );
}

function registerList(person: Program): void {
  person.verb<DataOption>(
    'list',
    'who holds a certificate',
    (command) => withExamples(command.addOption(dataOption(NOUN)), './chargecast person list --data site'),
    async (io, { data }) => {
      const { listPeople } = await import('../deployment/index.js');
      const people = await listPeople(peopleOf(data));
      for (const { id, notAfter } of people) io.line(`${id.padEnd(32)} until ${notAfter.slice(0, 10)}`);
      io.result({ people: people.map(shown) });
    },
  );
}

function registerRemove(person: Program): void {
  person.verb<DataOption>(
    'remove <id>',
    'withdraws a certificate: running services refuse it within a second, the others from their start on',
    (command) =>
      withExamples(command.addOption(dataOption(NOUN)), './chargecast person remove operator-csc1-1 --data site'),
    async (io, { data }, id) => {
      const { removePerson } = await import('../deployment/index.js');
      const removed = await removePerson(peopleOf(data), id);
      io.line(`${removed.id} is refused from now on`);
      io.result(removed);
    },
  );
}

function shown({ files, ...person }: IssuedPerson): object {
  return { ...person, directory: files.directory };
}

function peopleOf(data: string | undefined): string {
  return join(dataDirectory(data, NOUN), 'people');
}
