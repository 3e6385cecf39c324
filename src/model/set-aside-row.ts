/**
 * A row of the API that this version cannot read without loss. It is stored as it arrived, so that a newer
 * version can land it without another call, and so that it does not count as a row that is still to come.
 */
export interface SetAsideRow {
  /** The row's id, if it has a readable one. */
  id: string | null
  /**
   * The row's JSON text, with every digit as the API sent it. Null if the privacy settings forbid to store it:
   * then only the API can send the row again.
   */
  json: string | null
  /** Why it is malformed, for people: `scanned_at is "yesterday" (expected an RFC 3339 date-time with a zone)`. */
  reason: string
  /** When it was scanned (epoch ms), for a scan with a readable time. */
  timeMs?: number | null
  /**
   * About when it was scanned (epoch ms): its own time, or that of the next row. Null if no row of the page has
   * one.
   */
  nearMs?: number | null
  /** Fields of `json` that contain a hash already (privacy settings). */
  hashed?: readonly string[]
}
