import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readRemoved } from '../rest';
import { addPerson, listPeople, peoplePlaces, preparePeople, removePerson } from './people';
import { type RolePlace } from './role-places';

const PLACES: readonly RolePlace[] = [
  { role: 'css', name: 'css1', port: 1, restPort: 4, guest: false },
  { role: 'csc', name: 'csc1', port: 2, restPort: 5, guest: false },
  { role: 'cp', name: 'cp1', port: 3, guest: false },
];
const OWNER = { role: 'owner', at: 'esp1', name: 'NO-CHC-1' } as const;

describe("a deployment's people", () => {
  let directory: string;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'deployment-people-')), 'people');
    await preparePeople(directory, PLACES);
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

  it('are, at first, an operator of each service and one of each kind that looks at all', async () => {
    expect((await listPeople(directory)).map(({ id }) => id)).toEqual([
      'auditor-any-1',
      'car-maker-any-1',
      'government-any-1',
      'integrator-csc1-1',
      'monitor-any-1',
      'operator-csc1-1',
      'operator-css1-1',
    ]);
  });

  it('have folders that nobody else enters', async () => {
    const { files } = await addPerson(directory, OWNER);
    const modes = await Promise.all(
      [files.directory, files.key, files.p12, files.password].map(async (file) => (await stat(file)).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  });

  it('are not issued a second certificate under the same id', async () => {
    await addPerson(directory, OWNER);
    await expect(addPerson(directory, OWNER)).rejects.toMatchObject({ code: 'E_PERSON_EXISTS' });
  });

  it('are removed with their certificate, and not made again by the next start', async () => {
    const [, , , , , operator] = await listPeople(directory);
    const removed = await removePerson(directory, 'operator-csc1-1');
    await preparePeople(directory, PLACES);
    expect(removed).toMatchObject({ id: 'operator-csc1-1', serial: operator?.serial });
    expect(await readRemoved(peoplePlaces(directory).removed)).toEqual([removed]);
    expect((await listPeople(directory)).map(({ id }) => id)).not.toContain('operator-csc1-1');
    await expect(removePerson(directory, 'operator-csc1-1')).rejects.toMatchObject({ code: 'E_PERSON_UNKNOWN' });
  });

  it('come back with another certificate when they are added again', async () => {
    const first = await addPerson(directory, OWNER);
    await removePerson(directory, first.id);
    const second = await addPerson(directory, OWNER);
    expect(second.serial).not.toBe(first.serial);
  });

  it('are nowhere before a deployment made them', async () => {
    await expect(listPeople(join(directory, 'elsewhere'))).rejects.toMatchObject({ code: 'E_PEOPLE_MISSING' });
  });
});
