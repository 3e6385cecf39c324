import { z } from 'zod'
import type { Ask } from '../http/client.ts'
import { forbidden } from '../http/hubspot-error.ts'
import { parseRefusal } from '../http/refusal.ts'
import type { Language } from '../settings.ts'
import type { Words } from '../mapping/language.ts'
import type { AssociationLabel, TargetObject } from './prepared.ts'

/** How a record that a code names shows the code … */
const codeLabel: Words = { en: 'QR code', de: 'QR-Code' }
/** … and how the code shows the record. */
const recordLabel: Words = { en: 'Named by QR code', de: 'Im QR-Code genannt' }

/** Internal names, of which the first that is free is taken: somebody may have renamed a label of ours. */
const labelNames = ['qrsync_code', 'qrsync_code_2', 'qrsync_code_3']

/** HubSpot does not return the internal name of a label. */
const label = z.object({
  category: z.string(),
  typeId: z.number(),
  label: z.string().nullable().catch(null),
})
const labelList = z.object({ results: z.array(label) })

const pathOf = (from: TargetObject, to: TargetObject) =>
  `/crm/associations/2026-09/${from.typeId}/${to.typeId}/labels`

/**
 * Undefined where there is none of ours.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associations-schema/guide
 */
export async function readCodeLabel(
  ask: Ask,
  from: TargetObject,
  codes: TargetObject,
): Promise<AssociationLabel | undefined> {
  const { results } = (await ask({ method: 'GET', path: pathOf(from, codes) })).read(labelList)
  const ours: readonly (string | null)[] = Object.values(codeLabel)
  const found = results.find((each) => each.category === 'USER_DEFINED' && ours.includes(each.label))
  return found === undefined ? undefined : { category: found.category, typeId: found.typeId }
}

/** @throws ConnectorError where HubSpot refuses it */
export async function createCodeLabel(
  ask: Ask,
  { name, language }: { name: string; language: Language },
  from: TargetObject,
  codes: TargetObject,
): Promise<AssociationLabel> {
  const words = { label: codeLabel[language], inverseLabel: recordLabel[language] }
  let reason = ''
  for (const labelName of labelNames) {
    const body = { name: labelName, ...words }
    const answer = await ask({ method: 'POST', path: pathOf(from, codes), body }, [400, 409])
    if (answer.status >= 400) reason = parseRefusal(answer.text).reason
    // Another worker may have been faster.
    const made = await readCodeLabel(ask, from, codes)
    if (made !== undefined) return made
  }
  const what = `HubSpot does not allow a label for associations of ${from.name} with ${codes.name}: ${reason}.`
  const advice =
    'Delete a label of these two objects in HubSpot (Settings > Objects > Associations), or set "associate: false".'
  throw forbidden(name, what, advice)
}
