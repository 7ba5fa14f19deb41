/** The types of the messages are those of the proto file. */
import { loadSync } from '@grpc/proto-loader';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

import { PROTO } from './schema';

interface Descriptor {
  readonly field: readonly {
    readonly name: string;
    readonly type: string;
    readonly label: string;
    readonly typeName: string;
  }[];
  readonly oneofDecl: readonly unknown[];
}

const SCALARS: Readonly<Record<string, string>> = {
  TYPE_BYTES: 'Uint8Array',
  TYPE_STRING: 'string',
  TYPE_BOOL: 'boolean',
  TYPE_UINT32: 'number',
  TYPE_UINT64: 'number',
  TYPE_INT64: 'number',
};

type Members = Readonly<Record<string, string>>;

/** Messages with members; a oneof is typed by `OneOf`, which the compiler holds where it is used. */
function ofProto(): Map<string, Members> {
  const messages = new Map<string, Members>();
  for (const [path, definition] of Object.entries(loadSync(PROTO, { keepCase: false }))) {
    if (!('type' in definition)) continue;
    const { field, oneofDecl } = definition.type as Descriptor;
    if (field.length === 0 || oneofDecl.length > 0) continue;
    const members = field.map(({ name, type, label, typeName }) => {
      const one = SCALARS[type] ?? typeName.split('.').at(-1);
      return [name, label === 'LABEL_REPEATED' ? `readonly ${one}[]` : one] as const;
    });
    messages.set(path.split('.').at(-1) as string, Object.fromEntries(members) as Members);
  }
  return messages;
}

function ofTypes(): { readonly name: string; readonly members: Members }[] {
  const file = join(__dirname, 'messages.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  return source.statements.filter(ts.isInterfaceDeclaration).map(({ name, members }) => ({
    name: name.text,
    members: Object.fromEntries(
      members
        .filter(ts.isPropertySignature)
        .map((member) => [member.name.getText(), member.type?.getText().replace(' | null', '') ?? '']),
    ),
  }));
}

const names = (list: Iterable<string>): string[] => [...list].sort();

test('each message is typed once', () => {
  expect(names(ofTypes().map(({ name }) => name))).toEqual(names(ofProto().keys()));
});

test.each(ofTypes())('$name has the members of the proto file', ({ name, members }) => {
  expect(members).toEqual(ofProto().get(name));
});
