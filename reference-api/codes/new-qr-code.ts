import { randomInt, randomUUID } from 'node:crypto'
import { createRandom } from '../random.ts'
import type { RenderCustomizations } from '../image/render-customizations.ts'
import { randomSlug } from '../seed/seed-codes.ts'
import type { NewQrCode, QrCodeTable } from '../store/qr-codes.ts'

/** The values that an owner gives for a new code. */
export interface QrCodeInput {
  name: string
  type: 'url'
  destination_url: string
  render_customizations?: Partial<RenderCustomizations>
}

/** Inserts a new code with a unique short URL, and returns its id. */
export function insertQrCode(
  qrCodes: QrCodeTable,
  accountId: string,
  { name, type, destination_url, render_customizations = {} }: QrCodeInput,
  now: number,
): string {
  const code: NewQrCode = {
    id: randomUUID(),
    account_id: accountId,
    slug: freeSlug(qrCodes),
    name,
    type,
    destination_url,
    render_customizations: JSON.stringify(render_customizations),
    created_at: now,
    updated_at: now,
  }
  qrCodes.insert(code)
  return code.id
}

function freeSlug(qrCodes: QrCodeTable): string {
  const random = createRandom(randomInt(2 ** 47))
  for (;;) {
    const slug = randomSlug(random)
    if (qrCodes.findBySlug(slug) === null) return slug
  }
}
