import * as shared from '../../annotations/config-keys.ts';
import type { ConfigContribution, ConfigWarning } from '../../annotations/define.ts';
import { accepted, bool, cidrList, headerName, type Parser, refused } from '../../annotations/parsers.ts';
import { type Directive, directive } from '../../model/directive.ts';
import { group } from '../define.ts';

const trustedPeers: Parser<shared.TrustedPeers> = (text) => {
  const parsed = cidrList(text);
  return parsed.ok ? accepted({ kind: 'networks', networks: [...new Set(parsed.value)] }) : parsed;
};

/** NGINX takes this word for the PROXY protocol itself. */
const addressHeader: Parser<string> = (text) => (text === 'proxy_protocol' ? refused('write the name of a header') : headerName(text));

interface Said {
  readonly forwarded: boolean;
  readonly full: boolean;
  readonly realIp: boolean;
  readonly proxyProtocol: boolean;
  readonly peers: shared.TrustedPeers;
  readonly header: string;
}

/** Who the client is, and whose word is taken for it. */
export default group(
  {
    title: 'Client address and forwarded headers',
    keys: {
      [shared.useForwardedHeaders.key]: {
        parse: bool,
        doc: 'Whether `X-Forwarded-For`, `-Proto`, `-Host` and `-Port` of trusted peers tell the address of the client and how it asked.',
        example: 'true',
        default: shared.useForwardedHeaders.default,
        defaultText: 'false',
        like: { stricter: 'scheme, host and port count only from the peers in proxy-real-ip-cidr, and only if they can be one' },
      },
      'compute-full-forwarded-for': {
        parse: bool,
        doc: 'Whether backends get the whole `X-Forwarded-For`, with the address of the peer at its end. Needs use-forwarded-headers.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      [shared.enableRealIp.key]: {
        parse: bool,
        doc: 'Whether trusted peers tell the address of the client, and nothing else about it.',
        example: 'true',
        default: shared.enableRealIp.default,
        defaultText: 'false',
        like: 'same',
      },
      [shared.proxyRealIpCidr.key]: {
        parse: trustedPeers,
        doc: 'The proxies and load balancers that are trusted: addresses and networks, separated by commas.',
        example: '10.0.0.0/8,fd00::/8',
        default: shared.proxyRealIpCidr.default,
        defaultText: '0.0.0.0/0',
        otherwise: {
          value: { kind: 'unusable' },
          says: 'Nobody is trusted, and rules that go by the addresses of clients answer 503.',
        },
        like: { stricter: 'where it is not set, a warning says so, and rules that go by addresses which anybody can claim answer 503' },
      },
      [shared.forwardedForHeader.key]: {
        parse: addressHeader,
        doc: 'The header with the address of the client. Backends get it as `X-Original-Forwarded-For`.',
        example: 'CF-Connecting-IP',
        default: shared.forwardedForHeader.default,
        defaultText: 'X-Forwarded-For',
        otherwise: { value: '', says: 'No header is read, and rules that go by the addresses of clients answer 503.' },
        like: 'same',
      },
      [shared.forwardedHostHeader.key]: {
        parse: headerName,
        doc: 'The header that backends get as `X-Original-Forwarded-Host`.',
        example: 'X-Original-Host',
        default: shared.forwardedHostHeader.default,
        defaultText: 'X-Forwarded-Host',
        like: 'same',
      },
    },
  },
  (values, { config }): ConfigContribution => {
    const said: Said = {
      forwarded: config(shared.useForwardedHeaders),
      full: values['compute-full-forwarded-for'],
      realIp: config(shared.enableRealIp),
      proxyProtocol: config(shared.useProxyProtocol),
      peers: config(shared.proxyRealIpCidr),
      header: config(shared.forwardedForHeader),
    };
    const { peers } = said;
    return {
      http: addressLines(said),
      front: {
        proxyProtocol: said.proxyProtocol,
        forwardedHeaders: said.forwarded,
        fullForwardedFor: said.forwarded && said.full,
        trusted: peers.kind === 'anybody' ? 'all' : peers.kind === 'networks' ? peers.networks : [],
      },
      warnings: [...forgeable(said), ...withoutEffect(said)],
    };
  },
);

/** Without a list every IPv4 peer is trusted, as in ingress-nginx. */
function addressLines({ forwarded, realIp, proxyProtocol, peers, header }: Said): readonly Directive[] {
  const source = proxyProtocol ? 'proxy_protocol' : header;
  const networks = peers.kind === 'anybody' ? ['0.0.0.0/0'] : peers.kind === 'networks' ? peers.networks : [];
  if (!(forwarded || realIp || proxyProtocol) || source === '' || networks.length === 0) return [];
  return [
    directive('real_ip_header', source),
    directive('real_ip_recursive', 'on'),
    ...networks.map((network) => directive('set_real_ip_from', network)),
  ];
}

/** The PROXY protocol is written by the load balancer itself, so nobody can claim an address through it. */
function forgeable({ forwarded, realIp, proxyProtocol, peers }: Said): readonly ConfigWarning[] {
  const what = forwarded ? (proxyProtocol ? 'scheme and host' : 'address, scheme and host') : 'address';
  if (peers.kind !== 'anybody' || !(forwarded || (realIp && !proxyProtocol))) return [];
  const key = forwarded ? shared.useForwardedHeaders.key : shared.enableRealIp.key;
  return [
    {
      key,
      code: 'ForwardedHeadersForgeable',
      message: `${key}: anybody can claim any ${what} with a header, as there is no proxy-real-ip-cidr. Write there which proxies are in front of NGINX, for example "10.0.0.0/8", or "0.0.0.0/0" if nobody else can reach it.`,
    },
  ];
}

function withoutEffect({ forwarded, full, proxyProtocol }: Said): readonly ConfigWarning[] {
  const code = 'ConfigMapUnsupported';
  const fullAlone = 'compute-full-forwarded-for has no effect: it needs use-forwarded-headers.';
  const both =
    'use-forwarded-headers does not tell addresses here: the address of a client is the one of the PROXY protocol. X-Forwarded-For is passed on as X-Original-Forwarded-For.';
  return [
    ...(full && !forwarded ? [{ key: 'compute-full-forwarded-for', code, message: fullAlone } as const] : []),
    ...(forwarded && proxyProtocol ? [{ key: shared.useForwardedHeaders.key, code, message: both } as const] : []),
  ];
}
