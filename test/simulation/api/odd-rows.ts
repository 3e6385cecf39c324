import type { Random } from '../machines/random.ts'

/** Returns a malformed version of a row: a field is missing, or has another type. */
export function scrambled(json: string, random: Random): string {
  const row = JSON.parse(json) as Record<string, unknown>
  const changes: readonly (() => void)[] = [
    () => (row['is_unique'] = 'perhaps'),
    () => (row['scanned_at'] = 'yesterday'),
    () => (row['device_type'] = 7),
    () => delete row['qr_code_id'],
  ]
  random.pick(changes)()
  return JSON.stringify(row)
}
