import { type Estate, hostOf } from './manifests.ts';

/** What a person would write for the same routes, with nothing that is not needed to answer them. */
export interface HandWritten {
  readonly estate: Estate;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Key and chain in one file. */
  readonly certificate: string;
  /** `minimal`: only the host is passed on. `same headers`: the backend is told what Gatehouse tells it, and answers stream as there. */
  readonly form: 'minimal' | 'same headers';
}

/** The inside of `http { }`: a server for each host, a location for each path, an upstream for each Service. */
export function handWritten({ estate, httpPort, httpsPort, certificate, form }: HandWritten): string {
  const count = (length: number) => Array.from({ length }, (_, index) => index);
  return [
    'server_names_hash_bucket_size 128;',
    'server_names_hash_max_size 4096;',
    'keepalive_requests 1000;',
    `ssl_certificate ${certificate};`,
    `ssl_certificate_key ${certificate};`,
    'ssl_session_cache off;',
    'ssl_session_tickets off;',
    'proxy_http_version 1.1;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header Connection "";',
    ...(form === 'minimal' ? [] : sameHeaders),
    ...count(estate.services).map((index) => `upstream svc-${index} { server 127.0.0.1:${estate.backendPort}; keepalive 32; }`),
    ...count(estate.ingresses).map((index) => {
      const locations = estate.paths.map(
        (path) => `location ${estate.regex ? `~* "^${path}"` : path} { proxy_pass http://svc-${index % estate.services}; }`,
      );
      return `server { listen ${httpPort}; listen ${httpsPort} ssl; server_name ${hostOf(index)}; ${locations.join(' ')} }`;
    }),
  ].join('\n');
}

const sameHeaders = [
  'proxy_set_header X-Request-ID $request_id;',
  'proxy_set_header X-Real-IP $remote_addr;',
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Host $http_host;',
  'proxy_set_header X-Forwarded-Port $server_port;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
  'proxy_set_header X-Forwarded-Scheme $scheme;',
  'proxy_set_header X-Scheme $scheme;',
  'proxy_buffering off;',
];
