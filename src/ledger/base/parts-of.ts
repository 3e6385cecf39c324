/**
 * Cuts a list into parts, because a statement accepts a limited number of parameters (SQLite 32,766, PostgreSQL
 * 65,535).
 */
export function* partsOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
