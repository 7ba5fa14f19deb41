import { main } from './main';

/** For processes started by this one: no need to look whether something is to be installed or built. */
main(process.argv.slice(2));
