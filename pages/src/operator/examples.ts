/** Commands to begin from: what an operator mostly sends, each valid as it stands. */
interface Example {
  readonly name: string;
  readonly title: string;
  readonly kind: 'control' | 'notice';
  readonly action: string;
  readonly payload: string;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

export const EXAMPLES: readonly [Example, ...Example[]] = [
  {
    name: 'limit',
    title: 'Limit its power',
    kind: 'control',
    action: 'SetChargingProfile',
    payload: json({
      evseId: 1,
      chargingProfile: {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: [{ id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 3700 }] }],
      },
    }),
  },
  {
    name: 'unlimit',
    title: 'Clear the limits set on it',
    kind: 'control',
    action: 'ClearChargingProfile',
    payload: json({ chargingProfileCriteria: { chargingProfilePurpose: 'TxDefaultProfile' } }),
  },
  {
    name: 'message',
    title: 'Show a message',
    kind: 'notice',
    action: 'SetDisplayMessage',
    payload: json({
      message: {
        id: 1,
        priority: 'NormalCycle',
        message: { format: 'UTF8', content: 'Charging is slower until 18:00.' },
      },
    }),
  },
];
