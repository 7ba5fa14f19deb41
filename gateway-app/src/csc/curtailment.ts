import { CodedError } from '../common/errors';
import { type Command, type CurtailReply, type CurtailRequest } from '../rpc';
import { type CommandDesk } from './desk';
import { type Directory } from './directory';

/** This centre's own number of the profile: a new limit takes the place of the former, lifting clears it. */
const PROFILE = 1;
/** Above a site's everyday limit, which has level 0. */
const STACK_LEVEL = 1;

/**
 * Less power now, at many piles at once. The limit is sealed to the piles' own records, not to the vehicles at them: it
 * holds for the whole station whoever is plugged in, it needs no vehicle to lend a key, and a pile without a vehicle
 * obeys as well. Each pile's command lives on in the outbox until its station has answered.
 */
export class Curtailment {
  readonly #desk: Pick<CommandDesk, 'send'>;
  readonly #directory: Pick<Directory, 'piles'>;

  constructor(desk: Pick<CommandDesk, 'send'>, directory: Pick<Directory, 'piles'>) {
    this.#desk = desk;
    this.#directory = directory;
  }

  /**
   * @param ids of the commands, as the desk takes them
   * @throws CodedError E_CURTAIL_PILES when no pile, or an unknown one, is meant; E_COMMAND for more than the desk takes
   */
  async curtail(request: CurtailRequest, ids?: (count: number) => readonly string[]): Promise<CurtailReply> {
    const known = this.#directory.piles();
    const piles = request.piles.length === 0 ? known : [...new Set(request.piles)];
    if (piles.length === 0 || piles.some((pile) => !known.includes(pile))) {
      throw new CodedError(
        'E_CURTAIL_PILES',
        'no pile to curtail, or one that never announced itself here: name piles as <process>/<pile>',
      );
    }
    const body = request.lift ? LIFTED : limited(request);
    const commandIds = await this.#desk.send(
      piles.map((pile) => ({ customer: `cp:${pile}`, kind: 'control', ...body })),
      { isUrgent: true, ...(ids ? { ids: ids(piles.length) } : {}) },
    );
    return { commandIds, piles };
  }
}

type Body = Pick<Command, 'action' | 'payload'>;

const LIFTED: Body = { action: 'ClearChargingProfile', payload: JSON.stringify({ chargingProfileId: PROFILE }) };

function limited({ limitW, seconds }: CurtailRequest): Body {
  const chargingSchedule = {
    id: 1,
    startSchedule: new Date().toISOString(),
    ...(seconds > 0 ? { duration: seconds } : {}),
    chargingRateUnit: 'W',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: limitW }],
  };
  return {
    action: 'SetChargingProfile',
    payload: JSON.stringify({
      evseId: 0,
      chargingProfile: {
        id: PROFILE,
        stackLevel: STACK_LEVEL,
        chargingProfilePurpose: 'ChargingStationMaxProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: [chargingSchedule],
      },
    }),
  };
}
