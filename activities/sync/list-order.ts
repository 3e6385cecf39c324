import type { QrCode } from '../../src/streams/qr-codes.ts'

/** Epoch ms; 0 before the first scan, which comes last in the order of the list. */
export function lastScanMs(code: QrCode): number {
  return code.last_scanned_at === null ? 0 : Date.parse(code.last_scanned_at)
}

/**
 * Whether a page shows that the list is sorted by last scan, the newest first. An API that ignores the sort keeps an order of
 * its own, by creation or by id, and a page may happen to be in both: then it shows nothing.
 */
export function showsSortByLastScan(rows: readonly QrCode[]): boolean {
  if (!isDescending(rows.map(lastScanMs))) return false
  const otherOrders = [rows.map(({ id }) => id), rows.map((code) => code.created_at ?? '')]
  return otherOrders.every(
    (keys) => isConstant(keys) || !(isDescending(keys) || isDescending(keys.toReversed())),
  )
}

/** Codes made in bulk share their time of creation: that is no order. */
function isConstant(keys: readonly string[]): boolean {
  return keys.every((key) => key === keys[0])
}

function isDescending(keys: readonly string[] | readonly number[]): boolean {
  return keys.every((key, index) => index === 0 || key <= (keys[index - 1] ?? key))
}
