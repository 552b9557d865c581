import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFigures } from './wrk.ts';

const good = `Running 2s test @ http://127.0.0.1:8080/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.07ms  325.93us   9.71ms   92.30%
    Req/Sec    30.19k     1.61k   32.42k    85.71%
  Latency Distribution
     50%    1.02ms
     75%    1.12ms
     90%    1.30ms
     99%  980.00us
  63063 requests in 2.10s, 10.41MB read
Requests/sec:  30032.24
Transfer/sec:      4.96MB
`;

test('the figures of wrk are read in microseconds, whatever unit it chose', () => {
  assert.deepEqual(readFigures(good), { requests: 63063, perSecond: 30032.24, p50: 1020, p99: 980, failed: 0 });
});

test('connections that fail and answers that are errors count together', () => {
  const bad = good.replace(
    'Requests/sec',
    '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 50\nRequests/sec',
  );
  assert.equal(readFigures(bad).failed, 60);
});

test('a text without figures is an error', () => {
  assert.throws(() => readFigures('unable to connect to 127.0.0.1:1 Connection refused'), /wrk does not print/);
});
