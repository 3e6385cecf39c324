import type { QrCode } from '../../src/streams/qr-codes.ts'

/** Epoch ms; 0 if the code has no scan, because such codes come last in the list. */
export function lastScanMs(code: QrCode): number {
  return code.last_scanned_at === null ? 0 : Date.parse(code.last_scanned_at)
}

/**
 * Whether a page shows that the list is sorted by last scan, the newest first. An API that ignores the sort
 * orders by creation or by id. If a page happens to be in both orders, it shows nothing.
 */
export function showsSortByLastScan(rows: readonly QrCode[]): boolean {
  if (!isDescending(rows.map(lastScanMs))) return false
  const otherOrders = [rows.map(({ id }) => id), rows.map((code) => code.created_at ?? '')]
  return otherOrders.every(
    (keys) => isConstant(keys) || !(isDescending(keys) || isDescending(keys.toReversed())),
  )
}

/** Codes that were created in bulk have the same time of creation, which shows no order. */
function isConstant(keys: readonly string[]): boolean {
  return keys.every((key) => key === keys[0])
}

function isDescending(keys: readonly string[] | readonly number[]): boolean {
  return keys.every((key, index) => index === 0 || key <= (keys[index - 1] ?? key))
}
