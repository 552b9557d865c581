import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directive } from '../model/directive.ts';
import type { Location, Server } from '../model/routing.ts';
import { parseConfig } from './nginx-conf-testbed.ts';
import { originAt } from './origin.ts';
import { createRender } from './render.ts';
import { exact, location, origin, prefix, server, settings, topology, upstream } from './topology-testbed.ts';

const render = createRender({ ...settings, ipv6: false, hostsApart: 1 });
const a = upstream('aaaaaaaaaa');
const b = upstream('bbbbbbbbbb');

function print(...servers: readonly Server[]): string {
  return render(topology([server({ kind: 'default' }, [location(prefix('/'), 404)]), ...servers], [a, b])).files.get('nginx.conf') ?? '';
}

const host = (name: string, ...locations: readonly Location[]) => server({ kind: 'exact', host: `${name}.example.com` }, locations);
const unmatched = location(prefix('/'), 404);
const field = (index: number) => ({ origin: origin('shop', `spec.rules[0].http.paths[${index}]`) });
const text = 'one.example.com';

/** From the first table to the end of the last, and the servers behind the default one. */
function sharedPart(config: string): string {
  const tables = config.slice(config.indexOf('    # Where the paths of hosts'), config.indexOf('    # Certificates are files'));
  const servers = config.slice(config.indexOf('    # hosts '));
  return `${tables.trimEnd()}\n${servers}`;
}

test('hosts that need nothing of their own are entries of maps, and share servers', () => {
  const sent = { httpsRedirect: true };
  const config = print(
    host('one', location(exact('/cart/'), 'bbbbbbbbbb', field(0)), unmatched, location(prefix('/shop'), 'aaaaaaaaaa', field(1))),
    host('two', location(prefix('/'), 'aaaaaaaaaa', sent), location(prefix('/a/b'), 'bbbbbbbbbb', sent)),
  );
  assert.equal(
    sharedPart(config),
    `    # Where the paths of hosts that share servers lead: to a named location.
    map $uri $gatehouse_lower_case {
        default $uri;
        "~[A-Z]" "";
    }
    map $uri $gatehouse_elements_2 {
        default "";
        "~^((?:/[^/A-Z]+){2})(?:/|\\\\z)" $1;
    }
    map $uri $gatehouse_elements_1 {
        default "";
        "~^(/[^/A-Z]+)(?:/|\\\\z)" $1;
    }
    map "\${host}\${gatehouse_lower_case}" $gatehouse_route {
        default $gatehouse_route_2;
        # Ingress default/shop spec.rules[0].http.paths[0]
        one.example.com/cart/ @gatehouse_to_bbbbbbbbbb;
    }
    map "\${host}\${gatehouse_elements_2}" $gatehouse_route_2 {
        default $gatehouse_route_1;
        two.example.com/a/b @gatehouse_to_bbbbbbbbbb;
    }
    map "\${host}\${gatehouse_elements_1}" $gatehouse_route_1 {
        default $gatehouse_route_0;
        # Ingress default/shop spec.rules[0].http.paths[1]
        one.example.com/shop @gatehouse_to_aaaaaaaaaa;
    }
    map "\${host}/" $gatehouse_route_0 {
        default @gatehouse_nowhere;
        two.example.com/ @gatehouse_to_aaaaaaaaaa;
    }
    # hosts whose plain http goes to https
    server {
        listen 8080;
        server_name two.example.com;
        return 308 https://$gatehouse_redirect_host$gatehouse_redirect_uri;
    }
${routing('listen 8080;\n        listen 8443 ssl;', 'one.example.com')}
${routing('listen 8443 ssl;', 'two.example.com')}
}
`,
  );
});

function routing(listens: string, names: string): string {
  return `    # hosts that share a server, as maps tell where their paths lead
    server {
        ${listens}
        server_name ${names};
        if ($gatehouse_dots) {
            rewrite ^ $uri;
        }
        error_page 502 = @gatehouse_failed;
        location @gatehouse_failed {
            proxy_pass http://$gatehouse_after_failure;
        }
        location / {
            recursive_error_pages on;
            error_page 418 = $gatehouse_route;
            return 418;
        }
        location @gatehouse_nowhere {
            return 404;
        }
        location @gatehouse_to_aaaaaaaaaa {
            proxy_pass http://aaaaaaaaaa;
        }
        location @gatehouse_to_bbbbbbbbbb {
            proxy_pass http://bbbbbbbbbb;
        }
    }`;
}

const shared = host('one', location(prefix('/'), 'aaaaaaaaaa'));
const apart: readonly (readonly [title: string, server: Server])[] = [
  ['a regular expression', host('one', unmatched, location({ kind: 'regex', path: '/x' }, 'aaaaaaaaaa'))],
  ['a capital letter in a path', host('one', unmatched, location(prefix('/Shop'), 'aaaaaaaaaa'))],
  ['five path elements', host('one', unmatched, location(prefix('/a/b/c/d/e'), 'aaaaaaaaaa'))],
  ['a long path', host('one', unmatched, location(exact(`/${'x'.repeat(150)}`), 'aaaaaaaaaa'))],
  ['a limit for bodies', host('one', location(prefix('/'), 'aaaaaaaaaa', { directives: [directive('client_max_body_size', '1m')] }))],
  ['pages for errors', host('one', location(prefix('/'), 'aaaaaaaaaa', { errorPages: [{ statuses: [404], side: '@gatehouse_errors' }] }))],
  ['another name', { ...shared, aliases: [{ name: { kind: 'exact', host: 'other.example.com' }, covered: true }] }],
  ['settings of the host', { ...shared, directives: [directive('ssl_verify_client', 'on')] }],
  ['a wildcard', server({ kind: 'wildcard', suffix: 'example.com' }, shared.locations)],
];

for (const [title, one] of apart) {
  test(`a host with ${title} has a server of its own`, () => {
    const config = print(one, host('two', location(prefix('/'), 'bbbbbbbbbb')));
    assert.match(config, /^ {4}# (?:one|\*)\.(?:example\.)?(?:example\.)?com: /m);
    assert.equal(config.includes(`${text}/`), false);
  });
}

test('paths that go to https in several ways share servers for http and for https', () => {
  const to = (path: string, more: Partial<Location>) => location(prefix(path), 'aaaaaaaaaa', more);
  const kept = { status: 301, keepSlash: true, withPort: false, forced: false } as const;
  const config = print(
    host('one', location(prefix('/'), 404, { httpsRedirect: true }), to('/a', { httpsRedirect: true, redirect: kept }), to('/open', {})),
    host('two', to('/', {})),
  );
  const servers = parseConfig(config).find(({ words }) => words[0] === 'http')?.block ?? [];
  const shown = servers
    .filter(({ words }) => words[0] === 'server')
    .map(({ block = [] }) => {
      const places = block.filter(({ words }) => words[1]?.startsWith('@gatehouse_to_'));
      const args = (name: string) => block.filter(({ words }) => words[0] === name).map(({ words }) => words.slice(1).join(' '));
      return [
        ...args('server_name'),
        ...args('listen'),
        ...places.map(({ block: lines = [] }) => lines.map(({ words }) => words.join(' ')).join()),
      ];
    })
    .filter(([name]) => name?.endsWith('.example.com'));
  assert.deepEqual(shown, [
    ['two.example.com', '8080', '8443 ssl', 'proxy_pass http://aaaaaaaaaa'],
    [
      ...['one.example.com', '8080', 'return 301 https://$gatehouse_redirect_host$request_uri'],
      ...['proxy_pass http://aaaaaaaaaa', 'return 308 https://$gatehouse_redirect_host$gatehouse_redirect_uri'],
    ],
    ['one.example.com', '8443 ssl', 'proxy_pass http://aaaaaaaaaa', 'proxy_pass http://aaaaaaaaaa', 'return 404'],
  ]);
});

test('settings of an Ingress are in a location for that Ingress alone, and the line above names it', () => {
  const own = (name: string, path: string) =>
    location(prefix(path), 'aaaaaaaaaa', {
      origin: origin(name, 'spec.rules[0].http.paths[0]'),
      directives: [directive('proxy_read_timeout', '7s')],
      answers: [{ variable: 'gatehouse_inside', answer: { kind: 'answer', status: 403 }, headers: [] }],
    });
  const config = print(host('one', unmatched, own('first', '/a'), own('first', '/b')), host('two', own('second', '/')));
  const names = [...config.matchAll(/^ +# Ingress default\/(\S+) spec.*\n +location (@gatehouse_to_\S+) /gm)].map(([, name, to]) => [
    name,
    to,
  ]);
  assert.deepEqual(names.map(([name]) => name).sort(), ['first', 'second']);
  assert.equal(new Set(names.map(([, to]) => to)).size, 2);
});

test('a line of a map belongs to the Ingress that the line above it names', () => {
  const lines = print(host('one', unmatched, location(prefix('/shop'), 'aaaaaaaaaa', field(1)))).split('\n');
  const line = lines.findIndex((one) => one.includes('one.example.com/shop ')) + 1;
  assert.deepEqual(originAt(lines.join('\n'), line), { kind: 'Ingress', namespace: 'default', name: 'shop' });
  assert.equal(originAt(lines.join('\n'), line - 2), undefined);
});

test('hosts that lead to the same places are in the same server, and no server has more than 64 places', () => {
  const ids = Array.from({ length: 100 }, (_, index) => index.toString(16).padStart(10, '0'));
  const servers = Array.from({ length: 300 }, (_, index) =>
    server({ kind: 'exact', host: `h${String(index).padStart(3, '0')}.test` }, [unmatched, location(prefix('/x'), ids[index % 100] ?? '')]),
  );
  const config = render(
    topology(
      [server({ kind: 'default' }, [unmatched]), ...servers],
      ids.map((id) => upstream(id)),
    ),
  ).files.get('nginx.conf');
  const http = parseConfig(config ?? '').find(({ words }) => words[0] === 'http')?.block ?? [];
  const counted = http.flatMap(({ words, block = [] }) => {
    const places = block.filter((line) => line.words[1]?.startsWith('@gatehouse_to_'));
    const names = block.find((line) => line.words[0] === 'server_name')?.words.slice(1) ?? [];
    return words[0] === 'server' && places.length > 0 ? [[names.length, places.length]] : [];
  });
  assert.deepEqual(counted, [
    [192, 64],
    [108, 36],
  ]);
});

test('answers for all hosts come first in a shared server too', () => {
  const answers = [{ variable: 'gatehouse_blocked', answer: { kind: 'answer', status: 403 } as const, headers: [] }];
  const base = { main: [], events: [], upstream: [], blocks: [], headers: { request: [], response: [], hidden: [] }, answers };
  const config = render({ ...topology([shared], [a]), base }).files.get('nginx.conf') ?? '';
  assert.match(config, /server_name one\.example\.com;\n +if \(\$gatehouse_blocked\) \{\n +return 403;/);
});

test('spans of hosts that share servers are named by method and host, as their locations say nothing', () => {
  const spanNames = (...http: Parameters<typeof directive>[]) => {
    const shared = {
      ...topology([server({ kind: 'default' }, [location(prefix('/'), 404)]), host('one', location(prefix('/'), 'aaaaaaaaaa'))], [a]),
    };
    const config = render({ ...shared, http: http.map((one) => directive(...one)) }).files.get('nginx.conf') ?? '';
    return config.match(/otel_span_name .*;/g) ?? [];
  };
  assert.deepEqual(spanNames(), []);
  assert.deepEqual(spanNames(['otel_trace', 'on']), [`otel_span_name "\${request_method} \${host}";`]);
  assert.deepEqual(spanNames(['otel_trace', 'on'], ['otel_span_name', 'mine']), ['otel_span_name mine;']);
});
