import { unchangeable } from './auth-service.ts';
import { accepted, headerNames, matching, type ObjectName, objectName, oneOf, type Parser, refused } from './parsers.ts';

/** How the auth service is asked. */
export const authMethod = oneOf('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE');

/** The name of a parameter in a query. */
export const parameterName = matching(/[A-Za-z0-9._~-]+/, 'letters, digits and . _ ~ -', 100);

/** What the auth service is told about the way back; nothing in it is a variable. */
export const requestRedirect = matching(
  /[A-Za-z0-9/\-._~:,?&=]+/,
  'a URL of letters, digits and / - . _ ~ : , ? & =, without variables; without the key it is what $request_uri says',
  2000,
);

/** Headers that the backend gets from the auth service. Some would make another request of it, or none. */
export const responseHeaders: Parser<readonly string[]> = (text) => {
  const parsed = headerNames(text);
  const bad = parsed.ok ? parsed.value.find((name) => unchangeable.test(name) || /^host$/i.test(name)) : undefined;
  return bad === undefined ? parsed : refused(`${bad} may not be set, as no backend would understand the request`);
};

/** `namespace/name`, as ingress-nginx takes no other form. */
export const fullName: Parser<ObjectName> = (text) => {
  const parsed = objectName(text);
  return parsed.ok && parsed.value.namespace === undefined ? refused('write namespace/name') : parsed.ok ? accepted(parsed.value) : parsed;
};
