/**
 * A row of the API that this version cannot read without loss. It is kept as it came, so that a newer version can land it
 * without another call, and so that nobody mistakes it for a row that is still to come.
 */
export interface SetAsideRow {
  /** The row's id, where it has one that can be read. */
  id: string | null
  /**
   * The row's JSON text, with every digit as the API sent it. Null where the privacy settings forbid to keep it: then only
   * the API can send the row again.
   */
  json: string | null
  /** What does not fit, for people: `scanned_at is "yesterday" (expected an RFC 3339 date-time with a zone)`. */
  reason: string
  /** When it was scanned (epoch ms), where it is a scan whose time can be read. */
  timeMs?: number | null
  /** Of a scan, about when that was (epoch ms): its own time, or that of the row beside it. Null where no row of the page has one. */
  nearMs?: number | null
  /** Fields of `json` that hold a hash already (privacy settings). */
  hashed?: readonly string[]
}
