import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paginate } from '../../../src/source/pagination.ts'
import type { Page } from '../../../src/source/pagination.ts'

interface List {
  rows: number[]
  perPage: number
  tellsTotals: boolean
}

/** Pages a list like the API, and records which pages were requested. */
function serve({ rows, perPage, tellsTotals }: List) {
  const asked: number[] = []
  const fetchPage = (page: number): Promise<Page<number>> => {
    asked.push(page)
    return Promise.resolve({
      rows: rows.slice((page - 1) * perPage, page * perPage),
      setAside: [],
      page,
      perPage,
      total: tellsTotals ? rows.length : null,
      totalPages: tellsTotals ? Math.ceil(rows.length / perPage) : null,
    })
  }
  return { asked, fetchPage }
}

const list: fc.Arbitrary<List> = fc.record({
  rows: fc.nat(400).map((total) => Array.from({ length: total }, (_, index) => index)),
  perPage: fc.integer({ min: 1, max: 100 }),
  tellsTotals: fc.boolean(),
})

describe('paginate', () => {
  it('returns every row once, in order, and makes no call beyond the end', async () => {
    await fc.assert(
      fc.asyncProperty(list, async (served) => {
        const { asked, fetchPage } = serve(served)
        const pages = await Array.fromAsync(paginate(fetchPage))

        const { rows, perPage, tellsTotals } = served
        const needed = tellsTotals
          ? Math.max(1, Math.ceil(rows.length / perPage))
          : Math.floor(rows.length / perPage) + 1
        expect(pages.flatMap((page) => page.rows)).toEqual(rows)
        expect(asked).toEqual(Array.from({ length: needed }, (_, index) => index + 1))
      }),
    )
  })

  it('continues from a later page', async () => {
    const { asked, fetchPage } = serve({ rows: [0, 1, 2, 3, 4], perPage: 2, tellsTotals: true })
    const pages = await Array.fromAsync(paginate(fetchPage, 2))
    expect(pages.flatMap((page) => page.rows)).toEqual([2, 3, 4])
    expect(asked).toEqual([2, 3])
  })

  it('requests a page only when it is needed', async () => {
    const { asked, fetchPage } = serve({ rows: [0, 1, 2, 3, 4], perPage: 2, tellsTotals: true })
    const pages = paginate(fetchPage)
    expect(asked).toEqual([])
    await pages.next()
    await new Promise(setImmediate)
    expect(asked).toEqual([1])
    for await (const page of pages) {
      expect(page.page).toBe(2)
      break
    }
    expect(asked).toEqual([1, 2])
  })

  it('follows a list that grows meanwhile', async () => {
    const rows = [0, 1, 2]
    const { asked, fetchPage } = serve({ rows, perPage: 2, tellsTotals: true })
    const seen: number[] = []
    for await (const page of paginate(fetchPage)) {
      seen.push(...page.rows)
      if (page.page === 1) rows.push(3, 4)
    }
    expect(seen).toEqual([0, 1, 2, 3, 4])
    expect(asked).toEqual([1, 2, 3])
  })

  it('ends at an empty page, even if the totals disagree', async () => {
    const empty = (page: number) =>
      Promise.resolve({ rows: [], setAside: [], page, perPage: 2, total: 9, totalPages: 5 })
    expect(await Array.fromAsync(paginate(empty))).toHaveLength(1)
  })

  it('does not end at a short page if the totals announce more', async () => {
    const short = (page: number) =>
      Promise.resolve({ rows: [page], setAside: [], page, perPage: 2, total: 3, totalPages: 3 })
    expect(await Array.fromAsync(paginate(short))).toHaveLength(3)
  })

  it('passes on what the caller attached to a page, and what it throws', async () => {
    const withCall = (page: number) =>
      page === 1
        ? Promise.resolve({
            rows: ['a'],
            setAside: [],
            page,
            perPage: 1,
            total: null,
            totalPages: null,
            callId: 'c1',
          })
        : Promise.reject(new Error('refused'))
    const pages = paginate(withCall)
    expect((await pages.next()).value?.callId).toBe('c1')
    await expect(pages.next()).rejects.toThrow('refused')
  })
})
