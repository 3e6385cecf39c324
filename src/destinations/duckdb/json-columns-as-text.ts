import { digitsOf, mayLoseDigits, parseExactly } from '../../model/exact-json.ts'
import { type StreamName, streams } from '../../streams/streams.ts'

const jsonColumns = Object.fromEntries(
  Object.entries(streams).map(([stream, { columns }]) => [
    stream,
    Object.keys(columns).filter((name) => columns[name]?.type === 'json'),
  ]),
) as Record<StreamName, string[]>

/**
 * DuckDB formats a nested object again, including its numbers: `0.1000` becomes `0.1`. It leaves a string
 * unchanged, so a row with such numbers passes its JSON columns as strings.
 */
export function jsonColumnsAsText(stream: StreamName, json: string): string {
  if (jsonColumns[stream].length === 0 || !isNested(json) || !mayLoseDigits(json)) return json
  let row: unknown
  try {
    row = parseExactly(json)
  } catch {
    return json
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return json
  const fields = Object.entries(row).map(([name, value]: [string, unknown]) => {
    const isObject = typeof value === 'object' && value !== null && digitsOf(value) === null
    return [name, isObject && jsonColumns[stream].includes(name) ? JSON.stringify(value) : value]
  })
  return JSON.stringify(Object.fromEntries(fields))
}

/**
 * Whether a row contains an object or a list, or a string that looks like one. Most do not, and this check is
 * fast.
 */
function isNested(json: string): boolean {
  return json.includes('{', 1) || json.includes('[')
}
