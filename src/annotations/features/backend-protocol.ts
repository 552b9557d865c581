import { type Directive, directive } from '../../model/directive.ts';
import type { Protocol } from '../../model/routing.ts';
import type { Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys, type Values } from '../define.ts';
import { hasControl } from '../messages.ts';
import { accepted, matching, objectName, orList, type Parsed, type Parser, refused } from '../parsers.ts';

const words = ['HTTP', 'HTTPS', 'AUTO_HTTP', 'GRPC', 'GRPCS', 'FCGI'] as const;

const protocols: Readonly<Record<(typeof words)[number], Protocol>> = {
  HTTP: 'http',
  HTTPS: 'https',
  AUTO_HTTP: 'auto',
  GRPC: 'grpc',
  GRPCS: 'grpcs',
  FCGI: 'fastcgi',
};

const protocol: Parser<Protocol> = (text) => {
  const word = words.find((one) => one === text.toUpperCase());
  return word === undefined ? refused(`write ${orList(words)}`) : accepted(protocols[word]);
};

const keys = {
  'backend-protocol': {
    parse: protocol,
    doc: 'What the backend speaks: `HTTP`, `HTTPS`, `AUTO_HTTP` (as the client), `GRPC`, `GRPCS` (over TLS) or `FCGI` (FastCGI), in any case of letters.',
    example: 'GRPC',
    risk: 'low',
    defaultText: 'HTTP',
    like: { different: 'words in lower case work whole: the backend gets its authority and the forwarded headers' },
  },
  'fastcgi-index': {
    parse: matching(/[A-Za-z0-9._-]+/, 'the name of a file such as index.php', 100),
    doc: 'The file that stands for a path with a slash at its end. Only with `FCGI`.',
    example: 'index.php',
    risk: 'medium',
    like: { different: 'a value that is refused is left out, instead of the whole Ingress' },
  },
  'fastcgi-params-configmap': {
    parse: objectName,
    doc: 'The ConfigMap with further parameters: each key is the name of one, its value is text in which no variable is known. Only with `FCGI`.',
    example: 'default/fastcgi',
    risk: 'medium',
    whenInvalid: 'deny',
    names: 'ConfigMap',
    like: { stricter: 'one of another namespace denies; a `$` in a value is a dollar sign' },
  },
} as const satisfies Keys;

/** What backends speak. gRPC reaches them over HTTP/2, from clients on both ports. */
export default feature(
  { title: 'Protocol of the backend', scope: 'location', whenInvalid: 'ignore', keys },
  {
    emit: (values, context) => {
      const spoken = values['backend-protocol'] ?? 'http';
      if (spoken === 'fastcgi') return fastcgi(values, context);
      const idle = (['fastcgi-index', 'fastcgi-params-configmap'] as const).filter((key) => values[key] !== undefined);
      return {
        ...(spoken === 'http' ? {} : { protocol: spoken, upstream: { ...plainUpstream, connections: spoken } }),
        withoutEffect: idle.map((key) => ({ key, reason: `${key} has no effect without backend-protocol: FCGI.` })),
      };
    },
  },
);

const plainUpstream = { directives: [], balances: false, needsNames: false } as const;

function fastcgi(values: Values<typeof keys>, context: FeatureContext<Keys>): Contribution {
  const { 'fastcgi-index': index, 'fastcgi-params-configmap': name } = values;
  const found = name && context.configMap(name);
  const parameters = found ? (found.ok ? parametersOf(found.value.data) : found) : accepted([]);
  if (!parameters.ok) return { deny: { key: 'fastcgi-params-configmap', reason: parameters.reason } };
  const own = index === undefined ? [] : [directive('fastcgi_index', index)];
  const upstream = { ...plainUpstream, connections: 'fastcgi' };
  return { protocol: 'fastcgi', upstream, directives: [...own, ...parameters.value] };
}

function parametersOf(data: Readonly<Record<string, string>>): Parsed<readonly Directive[]> {
  const parameters: Directive[] = [];
  for (const [name, value] of Object.entries(data)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,100}$/.test(name)) return refused(`${JSON.stringify(name.slice(0, 60))} is no name of a parameter`);
    if (hasControl(value) || value.length > 1000)
      return refused(`the parameter ${name} has a line break in it, or is longer than 1000 characters`);
    parameters.push(directive('fastcgi_param', name, value));
  }
  return accepted(parameters);
}
