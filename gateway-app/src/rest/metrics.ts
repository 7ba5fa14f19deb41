import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { CodedError } from '../common/errors';

/** What a label may tell: kinds and states of the system's own parts, nothing of a vehicle, a pile or a customer. */
const LABELS = ['method', 'route', 'status', 'stage', 'channel', 'state', 'kind', 'outcome', 'node', 'check'] as const;
export type MetricLabel = (typeof LABELS)[number];

/** One value of a gauge; the label's values must come from a set that the code bounds. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Partial<Record<MetricLabel, string>>>;
}

/** A figure of the service, read when it is asked for; a counter where its name ends with `_total`. */
export interface GaugeSpec {
  /** `chargecast_…`, with its unit where it has one. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly MetricLabel[];
  readonly read: () => Promise<number | readonly Sample[]> | number | readonly Sample[];
}

/** A registry of one service: several run in one process. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #seconds: Histogram<'method' | 'route'>;

  /** @throws CodedError E_METRIC for a label that is not allowed */
  constructor(gauges: readonly GaugeSpec[]) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'chargecast_http_requests_total',
      help: 'Answered requests by route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'chargecast_http_request_duration_seconds',
      help: 'Time to the end of the answer, event streams left out',
      labelNames: ['method', 'route'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    for (const gauge of [...PROCESS, ...gauges]) this.#add(gauge);
  }

  /** @param route its pattern, never the path asked for */
  answered(method: string, route: string, status: number, seconds: number | undefined): void {
    this.#requests.inc({ method, route, status: String(status) });
    if (seconds !== undefined) this.#seconds.observe({ method, route }, seconds);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #add({ name, help, labels = [], read }: GaugeSpec): void {
    const foreign = labels.find((label) => !LABELS.includes(label));
    if (foreign !== undefined) {
      throw new CodedError(
        'E_METRIC',
        `${name}: a label ${foreign} could name somebody, use one of ${LABELS.join(', ')}`,
      );
    }
    const Kind = name.endsWith('_total') ? Counter : Gauge;
    new Kind<MetricLabel>({
      name,
      help,
      labelNames: labels,
      registers: [this.#registry],
      async collect() {
        const found = await read();
        this.reset();
        for (const { value, labels: of = {} } of typeof found === 'number' ? [{ value: found }] : found) {
          this.inc(of, value);
        }
      },
    });
  }
}

const PROCESS: readonly GaugeSpec[] = [
  {
    name: 'process_cpu_seconds_total',
    help: 'User and system time of the process',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
  { name: 'process_resident_memory_bytes', help: 'Resident memory', read: () => process.memoryUsage.rss() },
  { name: 'process_uptime_seconds', help: 'Time since the process started', read: () => process.uptime() },
];
