import { Presets, SingleBar } from 'cli-progress';

import { type Io } from '../cli/io';

type Teller = Pick<Io, 'fancy' | 'line'>;

/** How the demo tells what it does: a bar on a terminal, lines elsewhere, nothing with `--json`. */
export interface DemoProgress {
  step(title: string): Step;
  line(text: string): void;
}

export interface Step {
  /** `done` of `total`, as often as the caller likes. */
  update(done: number, total: number): void;
  /** Ends the step; `detail` is what it came to. */
  done(detail?: string): void;
}

const LINE_INTERVAL = 5_000;

export function createProgress(io: Teller): DemoProgress {
  return {
    step: (title) => (io.fancy ? terminalStep(io, title) : plainStep(io, title)),
    line: (text) => io.line(text),
  };
}

function ending(io: Teller, title: string, started: number, detail?: string): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  io.line(`${title}${detail === undefined ? '' : `: ${detail}`} (${seconds} s)`);
}

function plainStep(io: Teller, title: string): Step {
  const started = Date.now();
  let lastLine = started;
  return {
    update: (done, total) => {
      if (Date.now() - lastLine < LINE_INTERVAL) return;
      lastLine = Date.now();
      io.line(`${title}: ${done} of ${total}`);
    },
    done: (detail) => ending(io, title, started, detail),
  };
}

function terminalStep(io: Teller, title: string): Step {
  const started = Date.now();
  let bar: SingleBar | undefined;
  return {
    update: (done, total) => {
      bar ??= startBar(title, total);
      bar.update(done);
    },
    done: (detail) => {
      bar?.stop();
      ending(io, title, started, detail);
    },
  };
}

function startBar(title: string, total: number): SingleBar {
  const bar = new SingleBar(
    { format: `${title} {bar} {value}/{total} {eta_formatted}`, clearOnComplete: true, stream: process.stdout },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}
