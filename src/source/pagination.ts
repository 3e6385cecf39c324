import type { SetAsideRow } from '../model/set-aside-row.ts'

/** One page of a list, with what the answer told about the whole. */
export interface Page<T> {
  rows: T[]
  /** Rows of the page that do not fit. They count as rows of the page when it is compared with `perPage`. */
  setAside: SetAsideRow[]
  /** As asked for; the first page is 1. */
  page: number
  /** As the server echoed it, else as asked for. */
  perPage: number
  /** Rows of the whole list; null where the API does not tell. */
  total: number | null
  totalPages: number | null
}

/**
 * Whether the list ends here: with `totalPages` where the answer has it (the newest answer counts, for a list can grow
 * meanwhile), otherwise with a page that is not full. An empty page is the end in any case.
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
 * All pages from `startPage` to the end of the list. A page costs a call: none is asked for before the consumer wants it,
 * and none beyond the end.
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
