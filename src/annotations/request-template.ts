import { joined, variable, type Word } from '../model/directive.ts';
import { clientVariables } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { FeatureContext, Keys } from './define.ts';
import { escapedUri, escapedUriBlocks } from './escaped-uri.ts';
import { accepted, type Parsed, refused } from './parsers.ts';

/** A text in which variables stand for what is known of a request, or of the place that it came to. */
export type RequestTemplate = readonly (string | { readonly name: string })[];

/** What ingress-nginx has names of its own for. */
const translated: Readonly<Record<string, string>> = {
  escaped_request_uri: escapedUri,
  pass_access_scheme: clientVariables.scheme,
  best_http_host: clientVariables.host,
  pass_server_port: clientVariables.port,
  req_id: 'gatehouse_request_id',
  the_real_ip: 'remote_addr',
};

/** What is known when the configuration is printed. */
const ofPlace = ['namespace', 'ingress_name', 'service_name', 'service_port', 'location_path'];

/** What NGINX itself has checked or made: nothing in it could end a request line. */
const clean = [
  ...['host', 'scheme', 'https', 'request_uri', 'request_method', 'request_id', 'server_name', 'server_port', 'server_protocol'],
  ...['remote_addr', 'remote_port', 'ssl_protocol', 'ssl_cipher', 'ssl_server_name'],
];

/** What clients choose freely, or nearly so. */
const chosen =
  /^(?:http_[a-z0-9_]{1,64}|cookie_[A-Za-z0-9_]{1,64}|remote_user|content_type|ssl_client_(?:verify|s_dn|i_dn|fingerprint|serial))$/;

/** What NGINX knows of the request of the client, but not of a question that it asks meanwhile. */
const ofClientAlone = /^(?:args|query_string|is_args|arg_[A-Za-z0-9_]{1,64})$/;

/** What is known of variables: `client` where they are asked for the request of the client itself, not for a question about it. */
export type Asking = 'client' | 'question';

/** Reads a text with variables. Any that is not known to be harmless is refused, as NGINX would refuse all of the configuration for one that it does not know. */
export function requestTemplate(text: string, asking: Asking): Parsed<RequestTemplate> {
  const parts = text.split(/(\$\{\w+\}|\$\w+)/).filter((part) => part !== '');
  const template = parts.map((part) => (/^\$\{?\w/.test(part) ? { name: part.replace(/[${}]/g, '') } : part));
  for (const part of template) {
    if (typeof part === 'string' && part.includes('$')) return refused('a $ in it names no variable');
    if (typeof part === 'object' && !isKnown(part.name, asking)) return refused(whyNot(part.name, asking));
  }
  return accepted(template);
}

function isKnown(name: string, asking: Asking): boolean {
  if (asking === 'client' && ofClientAlone.test(name)) return true;
  return name in translated || ofPlace.includes(name) || clean.includes(name) || chosen.test(name);
}

function whyNot(name: string, asking: Asking): string {
  if (asking === 'question' && ofClientAlone.test(name))
    return `$${name} is empty where the auth service is asked; $request_uri has the query`;
  if (name === 'uri' || name === 'document_uri') return `$${name} is not the path that the client sent; $request_uri is`;
  return `$${name} is no variable that may stand here; there are $host, $request_uri, $escaped_request_uri, $scheme, $remote_addr, $http_NAME, $cookie_NAME and others`;
}

/** What a template becomes, and the maps that it needs. */
export interface TemplateWord {
  readonly word: Word;
  readonly blocks: readonly HttpBlock[];
}

/** Puts a template into words. With `visible` a value with blanks or signs that nobody sees counts as empty, so that it stays within a request line. */
export function templateWord(template: RequestTemplate, context: TemplateContext, visible = false): TemplateWord {
  const parts = template.map((part) => (typeof part === 'string' ? { word: part, blocks: [] } : partOf(part.name, context, visible)));
  return { word: joined(...parts.map(({ word }) => word)), blocks: parts.flatMap(({ blocks }) => blocks) };
}

/** What of a feature's context a template needs. */
export type TemplateContext = Pick<FeatureContext<Keys>, 'place' | 'ingress' | 'unique'>;

function partOf(
  name: string,
  context: TemplateContext,
  visible: boolean,
): { readonly word: string | Word; readonly blocks: readonly HttpBlock[] } {
  if (ofPlace.includes(name)) return { word: placeText(name, context), blocks: [] };
  if (name === 'escaped_request_uri') return { word: variable(escapedUri), blocks: escapedUriBlocks };
  const own = variable(translated[name] ?? lowered(name));
  if (!visible || !(chosen.test(name) || name === 'best_http_host')) return { word: own, blocks: [] };
  const map = context.unique('visible', name);
  return {
    word: variable(map),
    blocks: [
      {
        kind: 'map',
        name: map,
        source: own,
        entries: [{ key: { pattern: '^[!-~]+$', ignoreCase: false }, value: own }],
        default: { text: '' },
      },
    ],
  };
}

/** NGINX takes names of variables without regard to case, but for those of cookies, which it finds without regard to it as well. */
function lowered(name: string): string {
  return name.toLowerCase();
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

function tellsClients(name: string): boolean {
  return (
    name === 'remote_addr' ||
    name === 'the_real_ip' ||
    (chosen.test(name) && !/^(?:http_host|content_type|ssl_client_(?:verify|i_dn))$/.test(name))
  );
}
