/** A cell of a table for spreadsheets: null is empty. */
export type Cell = string | number | null

/** Excel reads UTF-8 only if a file begins with this. */
const byteOrderMark = '\ufeff'

/** Control characters split rows, and characters that reverse the direction of text hide the content of a cell. */
const unsafe = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/gu

/**
 * A spreadsheet treats a cell that begins like this as a formula, which may run commands; full-width characters
 * count as well.
 */
const formula = /^[\s\u00a0]*[=+\-@|\uff1d\uff0b\uff0d\uff20]/u

/**
 * Formats a table as in RFC 4180, so that spreadsheets can open it safely.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [columns, ...rows].map((row) => row.map(toField).join(','))
  return `${byteOrderMark}${lines.join('\r\n')}\r\n`
}

function toField(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = cell.replaceAll(unsafe, ' ')
  const harmless = formula.test(text) ? `'${text}` : text
  return `"${harmless.replaceAll('"', '""')}"`
}
