export function main(args: readonly string[]): void {
  process.stdout.write(args.join(' '));
}
