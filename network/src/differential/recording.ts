import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { DifferentialError } from './errors';
import { type Run } from './run';

/** What Fabric made of the script, kept so that the embedded ledger can be held to it where Fabric is not at hand. */
export const RECORDING_FILE = join(__dirname, '..', '..', 'differential', 'fabric.json');

const FORMAT = 'chargecast-differential/1';

/** @throws DifferentialError `E_DIFFERENTIAL_RECORDING` */
export async function readRecording(file = RECORDING_FILE): Promise<Run> {
  try {
    const { format, run } = JSON.parse(await readFile(file, 'utf8')) as { format?: string; run: Run };
    if (format === FORMAT) return run;
  } catch (error) {
    throw unusable(file, error);
  }
  throw unusable(file);
}

export async function writeRecording(run: Run, file = RECORDING_FILE): Promise<void> {
  await writeFile(file, `${JSON.stringify({ format: FORMAT, run }, null, 2)}\n`);
}

function unusable(file: string, cause?: unknown): DifferentialError {
  return new DifferentialError(
    'E_DIFFERENTIAL_RECORDING',
    `${file} is no recording of the script; make one with \`./chargecast network differential --record\``,
    { cause },
  );
}
