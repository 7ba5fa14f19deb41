import { Writable } from 'node:stream';

import { run } from '../main';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command of the whole command line, in this process, with what it printed. */
export async function ran(...args: string[]): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr'): NodeJS.WriteStream =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString();
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const exit = await run(args, { stdout: sink('stdout'), stderr: sink('stderr'), environment: {} });
  return { exit, ...texts };
}
