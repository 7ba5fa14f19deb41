import { EndedError, OpenSubjects } from './open-subjects';

class Subject {
  closed = 0;
  readonly #name = 'subject';

  async close(): Promise<void> {
    expect(this.#name).toBe('subject');
    this.closed += 1;
  }
}

test('closes what is open once, wherever its factory stands, and not what is closed already', async () => {
  const open = new OpenSubjects();
  const stopped: string[] = [];
  const brought = open.tracking({
    alone: async () => new Subject(),
    nested: { of: async (ledger: string) => Object.assign(new Subject(), { ledger }) },
    several: [async () => ({ stop: async () => void stopped.push('one') })],
    messages: 3,
    none: async () => undefined,
  });
  const [alone, nested] = [await brought.alone(), await brought.nested.of('embedded')];
  await brought.several[0]?.();
  expect(await brought.none()).toBeUndefined();
  expect(brought.messages).toBe(3);
  await alone.close();
  await open.end();
  await open.end();
  expect([alone.closed, nested.closed, stopped]).toEqual([1, 1, ['one']]);
});

test('what is still being made is closed as soon as it stands, and nothing is made later', async () => {
  const open = new OpenSubjects();
  const subject = new Subject();
  let stand: (value: Subject) => void = () => undefined;
  const brought = open.tracking({ make: () => new Promise<Subject>((resolve) => (stand = resolve)) });
  const made = brought.make();
  const refused = expect(made).rejects.toBeInstanceOf(EndedError);
  const ended = open.end();
  stand(subject);
  await Promise.all([refused, ended]);
  expect(subject.closed).toBe(1);
  await expect(brought.make()).rejects.toBeInstanceOf(EndedError);
});
