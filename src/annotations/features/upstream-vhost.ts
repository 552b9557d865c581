import { joined, variable, type Word } from '../../model/directive.ts';
import type { ObjectRef } from '../../model/objects.ts';
import { type FeaturePlace, feature } from '../define.ts';
import { hostHeader, type Template } from '../parsers-http.ts';

/** Which name the backend is called by. */
export default feature(
  {
    title: 'Host for the backend',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'upstream-vhost': {
        parse: hostHeader,
        doc: 'The `Host` header for the backend. `X-Forwarded-Host` still is what the client sent.',
        example: '$service_name.$namespace.svc.cluster.local',
        risk: 'low',
        like: {
          stricter:
            'of variables only `$service_name`, `$service_port`, `$namespace`, `$ingress_name`, `$host` and `$http_host` are taken; a value that is refused leaves Host as it was, instead of the whole Ingress',
        },
      },
    },
  },
  {
    emit: (values, { place, ingress }) => {
      const host = values['upstream-vhost'];
      return host === undefined ? {} : { headers: { request: [{ name: 'Host', value: hostOf(host, place, ingress) }] } };
    },
  },
);

function hostOf(template: Template, place: FeaturePlace, ingress: ObjectRef): Word {
  const known: Readonly<Record<string, string>> = {
    service_name: place.service?.name ?? '',
    service_port: place.service?.port ?? '',
    namespace: ingress.namespace,
    ingress_name: ingress.name,
  };
  return joined(...template.map((part) => (typeof part === 'string' ? part : (known[part.name] ?? variable(part.name)))));
}
