/**
 * Runs `work` with a promise that resolves on the first SIGINT or SIGTERM; a second one ends the process at once. When
 * `work` is done the process's signals are left alone again.
 */
export async function withStopSignal<T>(work: (stopped: Promise<NodeJS.Signals>) => Promise<T>): Promise<T> {
  let forget = (): void => undefined;
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      forget();
      resolve(signal);
    };
    forget = (): void => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
  try {
    return await work(stopped);
  } finally {
    forget();
  }
}
