import { daySuite } from './testing/day-suite';

describe('a day by the API alone, on the embedded ledger', () => daySuite('embedded'));
