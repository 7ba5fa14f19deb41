import { carMakerSuite } from './testing/car-maker-suite';

describe('a car maker, on the embedded ledger', () => carMakerSuite('embedded'));
