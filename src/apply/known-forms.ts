import { addedLines, type LiveGeneration } from './plan.ts';

type Generation = Required<LiveGeneration>;

/** What NGINX has taken before, apart from names and values. */
export interface KnownForms {
  /** Whether a generation adds nothing to the one that runs but lines of forms which NGINX has taken, such as another host with its locations. */
  covers(live: Generation, next: Generation): boolean;
}

/** Begins with nothing; what runs is learnt when it is asked about, from then on only what was added to it. */
export function createKnownForms(): KnownForms {
  const forms = new Set<string>();
  let learnt: Generation | undefined;
  const learn = (live: Generation): void => {
    if (learnt?.generation === live.generation) return;
    for (const form of learnt ? formsOf(addedLines(learnt, live)) : wholeForms(live)) forms.add(form);
    learnt = live;
  };
  return {
    covers(live, next) {
      learn(live);
      return formsOf(addedLines(live, next)).every((form) => forms.has(form) && form !== regexForm);
    },
  };
}

/** Of a line with a regular expression: each is another program, so none is like another. */
const regexForm = '~';

function wholeForms({ files }: Generation): readonly string[] {
  return [...files.values()].flatMap((text) => formsOf(text.split('\n').map((line) => line.trim())));
}

function formsOf(lines: readonly string[]): readonly string[] {
  return [...new Set(lines.filter((line) => line !== '' && !line.startsWith('#')).map(formOf))];
}

/** The words of NGINX stay, what may be a name or a value becomes a sign. */
function formOf(line: string): string {
  const bare = line.replaceAll(/"(?:[^"\\]|\\.)*"/g, (text) => (/^"[!=]?~/.test(text) ? ' ~ ' : '"')).replaceAll(/'(?:[^'\\]|\\.)*'/g, '"');
  const words = bare.split(/\s+/).map((word) => (/^[a-z_]+[;{]?$|^[{};"]+$/.test(word) ? word : word.replace(/^.*?([;{]?)$/, '*$1')));
  return /(?:^|\s)[!=^]?~/.test(bare) ? regexForm : words.join(' ');
}
