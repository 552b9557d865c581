import { hash } from 'node:crypto';
import type { ErrorPage, ResponseHeader, SideLocation } from '../model/routing.ts';
import type { Contribution } from './contribution.ts';

/** Where NGINX goes to by itself, and when. */
export interface Pages {
  readonly errorPages: readonly ErrorPage[];
  readonly side: readonly SideLocation[];
}

/** The pages of all features of one place. A status that one of them has to have first is none of the others'. */
export function pagesOf(all: readonly Contribution[]): Pages {
  const pages = all.flatMap((one) => one.errorPages ?? []);
  const first = new Set(pages.flatMap(({ statuses, isFirst }) => (isFirst ? statuses : [])));
  const errorPages = pages.flatMap((page) => {
    const statuses = page.isFirst ? page.statuses : page.statuses.filter((status) => !first.has(status));
    return statuses.length === 0 ? [] : [{ ...page, statuses }];
  });
  return named(
    { errorPages, side: all.flatMap((one) => one.side ?? []) },
    all.flatMap((one) => one.headers?.response ?? []),
  );
}

/** Sides that add the headers of the location are called by them too, as those of one name are one. */
function named({ errorPages, side }: Pages, response: readonly ResponseHeader[]): Pages {
  if (response.length === 0 || !side.some((one) => one.withLocationHeaders)) return { errorPages, side };
  const end = hash('sha256', JSON.stringify(response)).slice(0, 10);
  const renamed = new Map(
    side.flatMap(({ name, withLocationHeaders }) => (withLocationHeaders ? [[name, `${name}_${end}`] as const] : [])),
  );
  return {
    errorPages: errorPages.map((page) => ({ ...page, side: renamed.get(page.side) ?? page.side })),
    side: side.map((one) => (one.withLocationHeaders ? withHeaders(one, renamed.get(one.name) ?? one.name, response) : one)),
  };
}

function withHeaders(side: SideLocation, name: string, response: readonly ResponseHeader[]): SideLocation {
  const { request = [], hidden = [], response: own = [] } = side.headers ?? {};
  return { ...side, name, headers: { request, hidden, response: [...response, ...own] } };
}
