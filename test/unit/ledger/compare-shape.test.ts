import { describe, expect, it } from 'vitest'
import type { AnswerShape, FieldType } from '../../../src/model/answer-shape.ts'
import { compareShape, type FoundChange, type KnownShape } from '../../../src/ledger/shapes/compare-shape.ts'
import { ShapeNotes, readFields } from '../../../src/source/note-shape.ts'

/** Compares responses one after the other. */
class Watch {
  #known: KnownShape | null = null
  readonly changes: FoundChange[] = []
  readonly back: string[] = []

  answer(rows: readonly object[], subject = 'code-1'): void {
    const notes = new ShapeNotes()
    notes.note('scans', rows, subject)
    for (const shape of notes.take()) this.see(shape)
  }

  see(shape: AnswerShape): void {
    // As the ledger keeps it.
    const before = this.#known === null ? null : (JSON.parse(JSON.stringify(this.#known)) as KnownShape)
    const { known, changes, back } = compareShape(before, shape, readFields.scans)
    this.#known = known
    this.changes.push(...changes)
    this.back.push(...back)
  }
}

const scan = (given: object = {}) => ({
  id: '1',
  scanned_at: '2026-03-14T00:00:00Z',
  city: 'Kyoto',
  ...given,
})
const page = (rows: number, given: object = {}) => Array.from({ length: rows }, () => scan(given))

describe('the fields of responses', () => {
  it('are compared with those of the first response, which reports no change', () => {
    const watch = new Watch()
    watch.answer(page(3, { campaign: 'a', city: 7 }))
    watch.answer(page(3, { campaign: null, city: 7 }))
    expect(watch.changes).toEqual([])
  })

  it('are reported as new once, and are known from then on; a field that qrsync reads is not new', () => {
    const watch = new Watch()
    watch.answer(page(3))
    watch.answer(page(3, { campaign: 'a', referrer: 'https://example.com' }))
    watch.answer(page(3, { campaign: 'b', referrer: null }))
    expect(watch.changes).toEqual([{ kind: 'new', field: 'campaign', types: ['text'] }])
  })

  it('are reported once if their type changes: fields that qrsync reads are compared with the documented type, others with the first', () => {
    const watch = new Watch()
    watch.answer(page(3, { campaign: null }))
    watch.answer(page(3, { campaign: 4, is_unique: 1 }))
    watch.answer(page(3, { campaign: 'four', is_unique: 0 }))
    watch.answer(page(3, { campaign: 5, is_unique: true }))
    expect(watch.changes).toEqual([
      { kind: 'type', field: 'is_unique', types: ['number'] },
      { kind: 'type', field: 'campaign', types: ['text'] },
    ])
  })

  it('are reported as missing once that cannot be chance, and as back with the first row that has them', () => {
    const watch = new Watch()
    for (let answers = 0; answers < 10; answers++) watch.answer(page(100), `code-${answers}`)
    for (const code of ['code-1', 'code-2']) watch.answer(page(50, { city: undefined }), code)
    const without = page(50).map(({ id, scanned_at }) => ({ id, scanned_at }))
    watch.answer(without, 'code-1')
    watch.answer(without, 'code-2')
    // With two codes, it may be a property of these codes.
    expect(watch.changes).toEqual([])
    watch.answer(without, 'code-3')
    watch.answer(without, 'code-4')
    expect(watch.changes).toEqual([{ kind: 'missing', field: 'city', types: [] }])
    watch.answer(page(1))
    expect(watch.back).toEqual(['city'])
  })

  it('that only some rows have are not reported as missing because of a page without them', () => {
    const watch = new Watch()
    const bare = { id: '1', scanned_at: '2026-03-14T00:00:00Z' }
    for (let answers = 0; answers < 40; answers++) {
      const rows = Array.from({ length: 50 }, (_, row) => (row === 0 ? scan() : bare))
      watch.answer(rows, `code-${answers}`)
      for (let pages = 0; pages < 10; pages++) watch.answer(Array(50).fill(bare), `code-${pages}`)
    }
    expect(watch.changes).toEqual([])
  })

  it('are stored by name only, and in limited number', () => {
    const notes = new ShapeNotes()
    const rows = Array.from({ length: 100 }, (_, row) => ({
      [`field_${row}`]: 'secret',
      [`field_${row + 100}`]: 'secret',
      ['x'.repeat(61)]: 1,
      'Bearer\nqrs_0': 1,
    }))
    notes.note('scans', rows)
    const [shape] = notes.take()
    expect([...(shape?.fields.keys() ?? [])].every((name) => /^field_\d+$/.test(name))).toBe(true)
    expect(shape?.fields.size).toBe(100)
    const types: FieldType[] = [...(shape?.fields.get('field_0')?.types ?? [])]
    expect(types).toEqual(['text'])
    for (let answers = 0; answers < 600; answers++) notes.note('scans', [scan()])
    expect(notes.take().length).toBe(500)
    expect(notes.take()).toEqual([])
  })
})
