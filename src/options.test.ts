import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerFlags } from './flags/run-flags.ts';
import { type Options, readOptions } from './options.ts';

/** Values of flags that do not take any. */
const examples: Readonly<Record<string, string>> = {
  '--configmap': 'a/b',
  '--default-backend-service': 'a/b',
  '--default-ssl-certificate': 'a/b',
  '--tcp-services-configmap': 'a/b',
  '--udp-services-configmap': 'a/b',
  '--annotations-prefix': 'gate.example.com',
};

interface Read {
  readonly options: Options;
  readonly out: string;
  readonly err: string;
}

function read(line: string, environment: NodeJS.ProcessEnv = {}): Read {
  let [out, err] = ['', ''];
  const options = readOptions(line === '' ? [] : line.split(' '), environment, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { options, out, err };
}

test('serve takes the ports, the NGINX of the environment, and serves a folder whole', () => {
  const { options } = read('serve a b', { NGINX: '/opt/nginx' });
  assert.equal(options.command, 'serve');
  if (options.command !== 'serve') return;
  assert.deepEqual(options.paths, ['a', 'b']);
  assert.deepEqual([options.httpPort, options.httpsPort, options.nginx], [8080, 8443, '/opt/nginx']);
  assert.deepEqual([options.ingressClass, options.watchIngressWithoutClass], ['nginx', true]);
});

test('--ingress-class leaves Ingresses without a class to others, unless they are asked for too', () => {
  const without = read('serve a --ingress-class internal').options;
  assert.ok(without.command === 'serve');
  assert.deepEqual([without.ingressClass, without.watchIngressWithoutClass], ['internal', false]);
  const withThem = read('serve a --ingress-class internal --watch-ingress-without-class').options;
  assert.ok(withThem.command === 'serve');
  assert.equal(withThem.watchIngressWithoutClass, true);
});

test('--backend names a Service, perhaps a port, and an address', () => {
  const { options } = read('serve a --backend default/web=localhost:3000 --backend shop/api:http=[::1]:4000 --backend x/y:80=10.1.2.3:80');
  assert.ok(options.command === 'serve');
  assert.deepEqual(
    [...options.backends],
    [
      ['default/web', { address: '127.0.0.1', port: 3000 }],
      ['shop/api:http', { address: '::1', port: 4000 }],
      ['x/y:80', { address: '10.1.2.3', port: 80 }],
    ],
  );
});

for (const command of ['serve', 'render', 'run'] as const) {
  test(`gatehouse ${command} takes the ports that clients use, and has none unless it is told`, () => {
    const told = read(`${command}${command === 'run' ? '' : ' a'} --public-http-port=80 --public-https-port=8444`).options;
    assert.ok(told.command === command);
    assert.deepEqual([told.publicHttpPort, told.publicHttpsPort], [80, 8444]);
    const untold = read(command === 'run' ? command : `${command} a`).options;
    assert.ok(untold.command === command);
    assert.deepEqual(['publicHttpPort' in untold, 'publicHttpsPort' in untold], [false, false]);
  });
}

for (const command of ['serve', 'render', 'check', 'run'] as const) {
  test(`gatehouse ${command} takes the flags of ingress-nginx about routing`, () => {
    const line =
      `${command} --configmap=ingress/settings --annotations-prefix=gate.example.com --ignore-snippets --disable-catch-all=true ` +
      '--disable-svc-external-name --default-backend-service=ingress/none --default-ssl-certificate=ingress/wildcard ' +
      '--watch-namespace=shop --controller-class=example.com/gate --ingress-class-by-name --watch-ingress-without-class=false';
    const { options, err } = read(command === 'run' ? line : `${line} a`);
    assert.equal(err, '');
    assert.ok(options.command === command);
    assert.deepEqual(options.configmap, { namespace: 'ingress', name: 'settings' });
    assert.deepEqual(options.defaultBackendService, { namespace: 'ingress', name: 'none' });
    assert.deepEqual(options.defaultSslCertificate, { namespace: 'ingress', name: 'wildcard' });
    assert.deepEqual(
      [options.annotationsPrefix, options.controllerClass, options.watchNamespace],
      ['gate.example.com', 'example.com/gate', 'shop'],
    );
    const { ignoreSnippets, disableCatchAll, disableSvcExternalName, ingressClassByName } = options;
    assert.deepEqual([ignoreSnippets, disableCatchAll, disableSvcExternalName, ingressClassByName], [true, true, true, true]);
  });
}

test('every flag of run either works without a cluster or is refused by name', () => {
  for (const declared of controllerFlags) {
    const { long, argChoices = ['1'] } = declared();
    const value = examples[long ?? ''] ?? argChoices[0];
    for (const command of ['serve', 'render', 'check']) {
      const { options, err } = read(`${command} a ${long}=${value}`);
      if (options.command === command) continue;
      assert.match(
        err,
        new RegExp(`^error: ${long} is a flag of gatehouse (run|serve) that makes no sense (without a cluster|here): .+\\.\n`),
      );
    }
  }
});

test('old command lines keep their -v and the flags that ask for what is always done', () => {
  for (const command of ['serve', 'render', 'check']) {
    const { options, err } = read(`${command} a -v 3 --sync-rate-limit=0.5 --deep-inspect=true --enable-annotation-validation`);
    assert.deepEqual([options.command, err], [command, '']);
    if (options.command === 'serve') assert.equal(options.logLevel, 'debug');
  }
});

test('a path behind a bare boolean stays a path, and what follows -- is no flag', () => {
  const { options } = read('render --ignore-snippets a --disable-catch-all=false -- --ignore-snippets');
  assert.ok(options.command === 'render');
  assert.deepEqual([options.ignoreSnippets, options.disableCatchAll, options.paths], [true, false, ['a', '--ignore-snippets']]);
});

test('every pair of ports has a run directory of its own', () => {
  const [a, b] = [read('serve a').options, read('serve a --http-port 9080').options];
  assert.ok(a.command === 'serve' && b.command === 'serve');
  assert.notEqual(a.runDirectory, b.runDirectory);
});

for (const [line, message] of [
  ['', /Usage: gatehouse/],
  ['serve', /missing required argument 'path'/],
  ['serv a', /unknown command 'serv'\n\(Did you mean serve\?\)/],
  ['serve a --http-prot 80', /unknown option '--http-prot'\n\(Did you mean --http-port\?\)/],
  ['serve a --http-port 0', /argument '0' is invalid. a port is a number from 1 to 65535/],
  ['serve a --http-port 8o', /argument '8o' is invalid/],
  ['serve a --worker-processes auto', /it is a number from 1 to 9999/],
  ['serve a --backend web=127.0.0.1:80', /write namespace\/service=127.0.0.1:3000/],
  ['serve a --backend default/web=example.com:80', /the address is an IP address or localhost/],
  ['serve a --backend default/web=300.1.1.1:80', /the address is an IP address or localhost/],
  ['serve a --configmap settings', /write namespace\/name/],
  ['check a --annotations-prefix nginx.org/', /write a DNS name without a slash/],
  ['check a --format xml', /Allowed choices are text, json, github/],
] as const) {
  test(`a mistake is explained and ends with code 2: gatehouse ${line}`, () => {
    const { options, err } = read(line);
    assert.deepEqual(options, { command: 'exit', code: 2 });
    assert.match(err, message);
  });
}

test('--version and --help end with code 0', () => {
  assert.deepEqual(read('--version').options, { command: 'exit', code: 0 });
  assert.match(read('--version').out, /^gatehouse \d+\.\d+\.\d+\n$/);
  assert.deepEqual(read('--help').options, { command: 'exit', code: 0 });
});

for (const command of ['serve', 'render', 'check']) {
  test(`gatehouse ${command} --help shows examples`, () => {
    const { options, out } = read(`${command} --help`);
    assert.deepEqual(options, { command: 'exit', code: 0 });
    assert.match(out, new RegExp(`Examples:\\n  gatehouse ${command} `));
  });
}

test('check asks NGINX only when it is told to, and takes the one of the environment', () => {
  const [without, plain, before] = [
    read('check a').options,
    read('check a --nginx', { NGINX: '/n' }).options,
    read('check --nginx a').options,
  ];
  assert.ok(without.command === 'check' && plain.command === 'check' && before.command === 'check');
  assert.deepEqual([without.nginx, plain.nginx, before.nginx], [undefined, '/n', 'nginx']);
  assert.deepEqual(before.paths, ['a']);
});

test('run takes the flags of ingress-nginx, booleans as Go writes them', () => {
  const line =
    'run --publish-service=ingress/gatehouse --ingress-class=internal --watch-ingress-without-class=true --update-status=false ' +
    '--election-ttl=1m30s --shutdown-grace-period=5 --publish-status-address=192.0.2.1,lb.example.com -v 3';
  const { options } = read(line, { POD_NAMESPACE: 'ingress', POD_NAME: 'gatehouse-0', GATEHOUSE_RUN_DIRECTORY: '/run/x' });
  assert.ok(options.command === 'run');
  assert.deepEqual(options.publishService, { namespace: 'ingress', name: 'gatehouse' });
  assert.deepEqual([options.ingressClass, options.watchIngressWithoutClass, options.updateStatus], ['internal', true, false]);
  assert.deepEqual([options.electionTtlMs, options.shutdownGraceMs], [90_000, 5000]);
  assert.deepEqual(options.publishStatusAddress, ['192.0.2.1', 'lb.example.com']);
  assert.deepEqual([options.pod, options.runDirectory], [{ namespace: 'ingress', name: 'gatehouse-0' }, '/run/x']);
  assert.equal(options.logLevel, 'debug');
});

for (const [line, message] of [
  [
    'run --ssl-passthrough-proxy-port 442',
    /--ssl-passthrough-proxy-port is a flag of ingress-nginx that does not work here: TLS is passed on without a proxy/,
  ],
  [
    'run --validating-webhook=:8443',
    /--validating-webhook is a flag of ingress-nginx that does not work here: there is no admission webhook/,
  ],
  ['run --enable-annotation-validation=false', /annotations are always validated here/],
  ['run --publish-service=gatehouse', /write namespace\/name/],
  ['run --election-ttl=soon', /write a duration such as 30s or 1m/],
  ['run --update-status=yes', /write true or false/],
  ['run --watch-namespace=a --watch-namespace-selector=b', /cannot be used with option '--watch-namespace <value>'/],
  [
    'serve a --publish-service=ingress/gatehouse',
    /--publish-service is a flag of gatehouse run that makes no sense without a cluster: manifests have no status/,
  ],
  [
    'render --kubeconfig x a',
    /--kubeconfig is a flag of gatehouse run that makes no sense without a cluster: manifests are read from files/,
  ],
  ['check a --healthz-port=1', /--healthz-port is a flag of gatehouse run .*: there is no Pod/],
  [
    'check a --default-server-port=8181',
    /--default-server-port is a flag of ingress-nginx that does not work here: NGINX answers 404 by itself/,
  ],
  ['render a --log-level=debug', /--log-level is a flag of gatehouse serve that makes no sense here: this command has no log/],
  ['check a --enable-annotation-validation=false', /annotations are always validated here/],
  ['run --no-such-flag', /unknown option '--no-such-flag'/],
] as const) {
  test(`a flag that cannot be honoured is refused by name: gatehouse ${line}`, () => {
    const { options, err } = read(line);
    assert.deepEqual(options, { command: 'exit', code: 2 });
    assert.match(err, message);
  });
}
