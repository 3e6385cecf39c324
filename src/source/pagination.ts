import type { SetAsideRow } from '../model/set-aside-row.ts'

/** One page of a list, with what the response said about the whole list. */
export interface Page<T> {
  rows: T[]
  /** Malformed rows of the page. They count when the page is compared with `perPage`. */
  setAside: SetAsideRow[]
  /** The requested page; the first page is 1. */
  page: number
  /** As the server returned it, otherwise as requested. */
  perPage: number
  /** Rows of the whole list; null if the API does not say. */
  total: number | null
  totalPages: number | null
}

/**
 * Whether the list ends with this page: by `totalPages` if the response has it (the newest response counts,
 * because a list may grow meanwhile), otherwise if the page is not full. An empty page is always the end.
 */
export function isLastPage({
  rows,
  setAside,
  page,
  perPage,
  totalPages,
}: Pick<Page<unknown>, 'rows' | 'setAside' | 'page' | 'perPage' | 'totalPages'>): boolean {
  const length = rows.length + setAside.length
  if (length === 0) return true
  return totalPages === null ? length < perPage : page >= totalPages
}

/**
 * Yields all pages from `startPage` to the end of the list. A page costs a call, so none is requested before
 * the consumer needs it, and none beyond the end.
 */
export async function* paginate<P extends Page<unknown>>(
  fetchPage: (page: number) => Promise<P>,
  startPage = 1,
): AsyncGenerator<P, void, undefined> {
  for (let number = startPage; ; number++) {
    const page = await fetchPage(number)
    yield page
    if (isLastPage(page)) return
  }
}
