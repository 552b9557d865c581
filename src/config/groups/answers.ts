import { matching } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** What NGINX's own answers look like. */
export default group(
  {
    title: 'Answers',
    keys: {
      'default-type': {
        parse: matching(/[a-z]+\/[A-Za-z0-9.+-]+/, 'a media type such as text/plain', 100),
        doc: 'The media type of answers of NGINX itself.',
        example: 'text/plain',
        default: 'text/html',
        defaultText: 'text/html',
        like: 'same',
      },
    },
  },
  (values) => ({ http: [directive('default_type', values['default-type'])] }),
);
