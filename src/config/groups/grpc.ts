import { int } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** Backends that speak gRPC. */
export default group(
  {
    title: 'gRPC',
    keys: {
      'grpc-buffer-size-kb': {
        parse: int({ min: 0, max: 65_536 }, ' of kibibytes'),
        doc: 'The buffer for the head of a gRPC answer, in KiB; 0 leaves it to NGINX, which takes one page of memory.',
        example: '64',
        default: 0,
        defaultText: '0',
        like: 'same',
      },
    },
  },
  (values) => ({ http: values['grpc-buffer-size-kb'] === 0 ? [] : [directive('grpc_buffer_size', `${values['grpc-buffer-size-kb']}k`)] }),
);
