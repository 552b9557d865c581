import { joined, variable, type Word } from '../model/directive.ts';
import { clientVariables } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { FeatureContext, Keys } from './define.ts';
import { escapedUri, escapedUriBlocks } from './escaped-uri.ts';
import { accepted, type Parsed, refused } from './parsers.ts';
import { type Use, variableOf } from './variables.ts';

/** A text in which variables stand for what is known of a request, or of the place that it came to. */
export type RequestTemplate = readonly (string | { readonly name: string })[];

/** What is known when the configuration is printed. */
const ofPlace = ['namespace', 'ingress_name', 'service_name', 'service_port', 'location_path'];

/** Whether variables are asked for the request of the client itself, or for a question about it. */
export type Asking = Exclude<Use, 'request' | 'response' | 'span'>;

/** Reads a text with variables. Any that is not known to be harmless is refused, as NGINX would refuse all of the configuration for one that it does not know. */
export function requestTemplate(text: string, asking: Asking | 'span'): Parsed<RequestTemplate> {
  const parts = text.split(/(\$\{\w+\}|\$\w+)/).filter((part) => part !== '');
  const template = parts.map((part) => (/^\$\{?\w/.test(part) ? { name: part.replace(/[${}]/g, '') } : part));
  for (const part of template) {
    if (typeof part === 'string' && part.includes('$')) return refused('a $ in it names no variable');
    if (typeof part === 'object' && !ofPlace.includes(part.name) && !variableOf(part.name, asking)) return refused(whyNot(part.name));
  }
  return accepted(template);
}

function whyNot(name: string): string {
  if (variableOf(name, 'client')) return `$${name} is empty where the auth service is asked; $request_uri has the query`;
  if (name === 'uri' || name === 'document_uri') return `$${name} is not the path that the client sent; $request_uri is`;
  return `$${name} is no variable that may stand here; there are $host, $request_uri, $escaped_request_uri, $scheme, $remote_addr, $http_NAME, $cookie_NAME and others`;
}

/** What a template becomes, and the maps that it needs. */
export interface TemplateWord {
  readonly word: Word;
  readonly blocks: readonly HttpBlock[];
}

/** What a template is put into: a request line, a header, or what nobody sends. */
export type Within = 'line' | 'header' | 'text';

/** What may stand in each of them; a value with anything else counts as empty. */
const harmless = { line: '^[!-~]+$', header: '^[^\\x00-\\x1f\\x7f]+$' } as const;

/** Puts a template into words that hold everywhere, in what nobody sends. Throws where it names something of a place. */
export function commonWord(template: RequestTemplate): TemplateWord {
  if (namesPlace(template)) throw new Error('the text is another one at each place');
  return templateWord(template, anywhere, 'text');
}

const anywhere: TemplateContext = {
  place: { kind: 'catch-all', host: '', path: '/', pathType: 'Prefix' },
  ingress: { kind: 'Ingress', namespace: '', name: '' },
  unique: (purpose) => purpose,
};

/** Puts a template into words. What clients choose cannot end the line that it stands in. */
export function templateWord(template: RequestTemplate, context: TemplateContext, within: Within): TemplateWord {
  const parts = template.map((part) => (typeof part === 'string' ? { word: part, blocks: [] } : partOf(part.name, context, within)));
  return { word: joined(...parts.map(({ word }) => word)), blocks: parts.flatMap(({ blocks }) => blocks) };
}

/** Whether a text says something of the place that a request came to, so that it is another one at each. */
export function namesPlace(template: RequestTemplate): boolean {
  return template.some((part) => typeof part === 'object' && ofPlace.includes(part.name));
}

/** What of a feature's context a template needs. */
export type TemplateContext = Pick<FeatureContext<Keys>, 'place' | 'ingress' | 'unique'>;

function partOf(
  name: string,
  context: TemplateContext,
  within: Within,
): { readonly word: string | Word; readonly blocks: readonly HttpBlock[] } {
  if (ofPlace.includes(name)) return { word: placeText(name, context), blocks: [] };
  const known = variableOf(name, 'client');
  const own = variable(known?.name ?? name);
  if (known?.name === escapedUri) return { word: own, blocks: escapedUriBlocks };
  const isHarmless = within === 'line' ? !known?.isChosen : !known?.isDecoded;
  if (isHarmless || within === 'text') return { word: own, blocks: [] };
  const map = context.unique(within === 'line' ? 'visible' : 'printable', name);
  return {
    word: variable(map),
    blocks: [
      {
        kind: 'map',
        name: map,
        source: own,
        entries: [{ key: { pattern: harmless[within], ignoreCase: false }, value: own }],
        default: { text: '' },
      },
    ],
  };
}

function placeText(name: string, { place, ingress }: TemplateContext): string {
  const known: Readonly<Record<string, string>> = {
    namespace: ingress.namespace,
    ingress_name: ingress.name,
    service_name: place.service?.name ?? '',
    service_port: place.service?.port ?? '',
    location_path: place.path,
  };
  return known[name] ?? '';
}

/** Variables of a template that tell one client from another. */
export function identities(template: RequestTemplate): readonly string[] {
  return template.flatMap((part) => (typeof part === 'object' && tellsClients(part.name) ? [part.name] : []));
}

/** What many clients share, though each of them chooses it. */
const shared = new Set(['http_host', 'content_type', 'ssl_client_verify', 'ssl_client_i_dn', 'ssl_server_name', clientVariables.host]);

function tellsClients(written: string): boolean {
  const known = variableOf(written, 'client');
  return known !== undefined && (known.name === 'remote_addr' || (known.isChosen && !shared.has(known.name)));
}
