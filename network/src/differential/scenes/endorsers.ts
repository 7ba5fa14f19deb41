import { scene } from '../script';
import { type Session } from '../session';

async function servedBy(session: Session, targets: string[]): Promise<string> {
  const proposal = (await session.contract()).newProposal('servedBy', {
    arguments: [...session.members.endorsers],
    ...(targets.length > 0 && { endorsingOrganizations: targets }),
  });
  return Buffer.from(await proposal.evaluate()).toString();
}

const by = (...endorsingOrganizations: string[]) => ({ arguments: ['by', 'x'], endorsingOrganizations });

/** Every organisation runs a chaincode server of its own; `lieAt` lies in one organisation's. */
export const endorsers = scene('endorsers', {
  'evaluated at home': (s) => servedBy(s, []),
  'evaluated at another organisation': (s) => servedBy(s, ['CSS3MSP']),
  'endorsed by all four': (s) => s.codeOf('put', by('CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP')),
  'endorsed by a majority named': (s) => s.codeOf('put', by('CSS1MSP', 'CSS3MSP', 'CSS4MSP')),
  'endorsed by a majority without the client’s own organisation': (s) =>
    s.codeOf('put', by('CSS2MSP', 'CSS3MSP', 'CSS4MSP')),
  'endorsed by half': (s) => s.codeOf('put', by('CSS1MSP', 'CSS2MSP')),
  'endorsed by one': (s) => s.codeOf('put', by('CSS3MSP')),
  'an organisation named twice': (s) => s.codeOf('put', by('CSS1MSP', 'CSS2MSP', 'CSS2MSP')),
  'an organisation that has no peer': (s) => s.codeOf('put', by('CSS1MSP', 'KGCMSP')),
  'an organisation nobody knows': (s) => s.codeOf('put', by('CSS1MSP', 'CSS9MSP')),
  'evaluated at an organisation nobody knows': (s) => servedBy(s, ['CSS9MSP']),
  'chaincode that agrees with nobody': (s) => s.codeOf('disagree', ['k']),
  'chaincode that agrees with nobody, at two organisations named': (s) =>
    s.codeOf('disagree', { arguments: ['k'], endorsingOrganizations: ['CSS1MSP', 'CSS2MSP'] }),
  'a liar and an honest majority': (s) => s.submit('lieAt', 'CSS4MSP', 'truth', 'true'),
  'the truth was written': (s) => s.evaluate('get', 'truth'),
  'a liar and an honest one named': (s) =>
    s.codeOf('lieAt', {
      arguments: ['CSS4MSP', 'truth', 'x'],
      endorsingOrganizations: ['CSS2MSP', 'CSS4MSP'],
    }),
  'a liar alone': (s) =>
    s.codeOf('lieAt', { arguments: ['CSS4MSP', 'truth', 'x'], endorsingOrganizations: ['CSS4MSP'] }),
  'a liar asks': async (s) => {
    const liar = await s.relay('CSS4MSP');
    await liar
      .contract(s.channel)
      .newProposal('lieAt', { arguments: ['CSS4MSP', 'truth', 'x'] })
      .endorse();
    return 'endorsed';
  },
  'the truth stands': (s) => s.evaluate('get', 'truth'),
});
