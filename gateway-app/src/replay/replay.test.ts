import { killedReplay } from './testing/killed-replay';

describe('a replay killed in the middle', () => killedReplay('embedded'));
