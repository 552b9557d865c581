import { int } from '../../annotations/parsers.ts';
import { group } from '../define.ts';

const max = { parse: int({ min: 1, max: 1_048_576 }), example: '4096', defaultText: 'what is needed' } as const;
/** NGINX refuses a bucket of 64 KiB and more. */
const bucket = { parse: int({ min: 1, max: 32_768 }), example: '1024', defaultText: 'what is needed' } as const;
const like = { different: 'it can only make them larger: the sizes are computed' } as const;

/** Tables of names. They grow with what is in them, so that these keys are hardly ever needed. */
export default group(
  {
    title: 'Hash tables',
    keys: {
      'server-name-hash-max-size': { ...max, doc: 'The least size of the table of hosts.', like },
      'server-name-hash-bucket-size': { ...bucket, doc: 'The least size of its buckets, in bytes.', like },
      'map-hash-bucket-size': { ...bucket, doc: 'The least size of the buckets of maps, in bytes.', like },
      'variables-hash-max-size': { ...max, doc: 'The least size of the table of variables.', like },
      'variables-hash-bucket-size': { ...bucket, doc: 'The least size of its buckets, in bytes.', like },
      'proxy-headers-hash-max-size': { ...max, doc: 'The least size of the table of request headers.', like },
      'proxy-headers-hash-bucket-size': { ...bucket, doc: 'The least size of its buckets, in bytes.', like },
    },
  },
  (values) => {
    const sizes = [
      ['server_names_hash_max_size', values['server-name-hash-max-size']],
      ['server_names_hash_bucket_size', values['server-name-hash-bucket-size']],
      ['map_hash_bucket_size', values['map-hash-bucket-size']],
      ['variables_hash_max_size', values['variables-hash-max-size']],
      ['variables_hash_bucket_size', values['variables-hash-bucket-size']],
      ['proxy_headers_hash_max_size', values['proxy-headers-hash-max-size']],
      ['proxy_headers_hash_bucket_size', values['proxy-headers-hash-bucket-size']],
    ] as const;
    const given = sizes.flatMap(([name, size]) => (size === undefined ? [] : [[name, size] as const]));
    return given.length === 0 ? {} : { overrides: { leastSizes: Object.fromEntries(given) } };
  },
);
