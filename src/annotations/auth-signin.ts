import { joined, variable } from '../model/directive.ts';
import { clientVariables } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { SideLocation } from '../model/routing.ts';
import type { SigninUrl } from './auth-url.ts';
import { escapedUri, escapedUriBlocks } from './escaped-uri.ts';
import { type TemplateContext, templateWord } from './request-template.ts';

/** Where NGINX goes to instead of answering 401: to the page for signing in, with the way back as a parameter, unless it has that parameter already. */
export function signinPage(
  { text, template }: SigninUrl,
  parameter: string,
  context: TemplateContext,
): { readonly side: SideLocation; readonly blocks: readonly HttpBlock[] } {
  const { word, blocks } = templateWord(template, context, 'header');
  const query = text.split('?').slice(1).join('?');
  const isThere = query.split('&').some((one) => one.split('=')[0] === parameter);
  const separator = text.includes('?') ? (/[?&]$/.test(text) ? '' : '&') : '?';
  const back = joined(variable(clientVariables.scheme), '://', variable(clientVariables.host), variable(escapedUri));
  const location = isThere ? word : joined(word, `${separator}${parameter}=`, back);
  return {
    side: {
      name: `@${context.unique('signin', JSON.stringify(location))}`,
      origin: { object: context.ingress, field: 'metadata.annotations' },
      directives: [],
      withLocationHeaders: true,
      target: { kind: 'answer', status: 302, location },
    },
    blocks: [...blocks, ...(isThere ? [] : escapedUriBlocks)],
  };
}
