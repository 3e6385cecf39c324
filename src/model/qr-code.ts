/** One dynamic QR code, as last listed. Names as in the API; see {@link Scan} for why. */
export interface QrCode {
  id: string
  name: string | null
  type: string | null
  destination_url: string | null
  /** The redirect that the printed code encodes. */
  short_url: string | null
  status: string | null
  render_customizations: Record<string, unknown> | null
  /** Null where the API does not tell; then a change cannot be seen from the list. */
  scan_count: number | null
  /** RFC 3339; null before the first scan, and where the API does not tell. */
  last_scanned_at: string | null
  created_at: string | null
  updated_at: string | null
  deleted_at: string | null
  /** Fields that this version does not know yet; null when there are none. */
  extra: Record<string, unknown> | null
}
